"""A fitted model made public: first its bundle, whole or not at all, then its row in the registry."""

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, Engine

from credit.bundle.content import BundleContent
from credit.bundle.manifest import FILE as MANIFEST
from credit.bundle.manifest import TrainingWindow
from credit.bundle.model_id import ModelId, model_id_of
from credit.bundle.writer import write_bundle
from credit.database import models
from credit.database.models import ModelStatus, RegisteredModel
from credit.database.training_runs import TrainingRun
from credit.portfolios import Portfolio
from credit.reasons import LATEST_SENTENCES
from trainer.classification import report_of
from trainer.fairness.screen import screen_json
from trainer.finite import finite
from trainer.importance import Importance
from trainer.judgement import Judgement, Trained
from trainer.recorded import Origin, kept_of_fitted, recorded


@dataclass(frozen=True, slots=True)
class Published:
    """A bundle that is whole, and not yet registered."""

    model_id: ModelId
    manifest_sha256: bytes
    window: TrainingWindow


def free_model_id(engine: Engine, name: str, model_dir: Path, now: datetime) -> ModelId:
    """The first id of a name from `now` on that neither the registry nor the model directory has.

    A run that was killed between bundle and registry leaves a bundle that nobody refers to: its id stays taken.
    """
    with engine.connect() as connection:
        while True:
            model_id = model_id_of(name, now)
            if not (model_dir / model_id).exists() and not models.exists(connection, model_id):
                return model_id
            now += timedelta(seconds=1)


def publish(model_id: ModelId, portfolio: Portfolio, trained: Trained, origin: Origin, model_dir: Path) -> Published:
    """Write the bundle of a model that was trained on rows of that origin.

    Raises:
        BundleError: where the served engine differs from the library that fitted the model.
    """
    fit, window = trained.fit, window_of(trained)
    content = BundleContent(
        model_id=model_id,
        portfolio=portfolio.name,
        algorithm=portfolio.algorithm,
        features=portfolio.features,
        window=window,
        label_rule=portfolio.label,
        metrics=metrics_of(trained.judgement),
        model=fit.model.estimator.native,
        calibration=fit.model.calibration,
        catalogue_version=LATEST_SENTENCES,
        reference=_reference(trained, portfolio),
        sentences=portfolio.own_sentences,
        library_margins=fit.model.estimator.margins,
        evaluation=recorded(portfolio, trained, origin),
    )
    path = write_bundle(model_dir, content)
    return Published(model_id, hashlib.sha256((path / MANIFEST).read_bytes()).digest(), window)


def window_of(trained: Trained) -> TrainingWindow:
    """Times of the rows that shaped a model."""
    at = trained.rows.requested_at[trained.fit.fitted]
    return TrainingWindow(start=_moment(at.min()), end=_moment(at.max()) + timedelta(microseconds=1))


def register_refused(
    connection: Connection,
    portfolio: Portfolio,
    model_id: ModelId,
    trained: Trained,
    *,
    run: TrainingRun,
    now: datetime,
) -> None:
    """Add a model that a quality gate kept from having a bundle: a record of its metrics and importance."""
    row = _trained_row(portfolio, model_id, window_of(trained), trained.judgement, run=run, now=now)
    models.register(connection, replace(row, status=ModelStatus.REFUSED))


def register(
    connection: Connection,
    portfolio: Portfolio,
    published: Published,
    judgement: Judgement,
    *,
    run: TrainingRun,
    now: datetime,
) -> None:
    """Add a published model to the registry, as trained and not deployed."""
    row = _trained_row(portfolio, published.model_id, published.window, judgement, run=run, now=now)
    models.register(connection, replace(row, model_path=published.model_id, manifest_sha256=published.manifest_sha256))


def _trained_row(
    portfolio: Portfolio,
    model_id: ModelId,
    window: TrainingWindow,
    judgement: Judgement,
    *,
    run: TrainingRun,
    now: datetime,
) -> RegisteredModel:
    """What the registry says of a trained model, without a bundle."""
    return RegisteredModel(
        model_id=model_id,
        portfolio=portfolio.name,
        batch_id=run.batch_id,
        algorithm=portfolio.algorithm,
        model_path=None,
        manifest_sha256=None,
        metrics=metrics_of(judgement),
        feature_importance=tuple(importance_row(one) for one in judgement.importance),
        status=ModelStatus.TRAINED,
        run_id=run.run_id,
        fitted_until=window.end - timedelta(microseconds=1),
        created_at=now,
    )


def metrics_of(judgement: Judgement) -> dict[str, Any]:
    """Measures as JSON: those with an interval an object of estimate, lower and upper; null where undefined."""
    found = asdict(judgement.evaluation) | _counts(judgement)
    found["indicative"] = judgement.indicative
    if judgement.selection is not None:
        found["selection"] = judgement.selection
    if judgement.costs is not None:
        found["costs"] = asdict(judgement.costs)
    if judgement.fairness is not None:
        found["fairness"] = screen_json(judgement.fairness)
    if judgement.quality is not None:
        found["quality_gate"] = asdict(judgement.quality)
    found["censored_as_good"] = None if judgement.sensitivity is None else asdict(judgement.sensitivity)
    return cast("dict[str, Any]", finite(found))


def _counts(judgement: Judgement) -> dict[str, Any]:
    """Requirements C4 and D3: what is counted at the cut-off, and the samples on both sides of the split."""
    judged, fitted, at_cut_off = judgement.evaluation, judgement.fitted, judgement.classification
    _, default = at_cut_off.classes
    return {
        "auc_roc": judged.roc_auc.estimate,
        "cut_off": at_cut_off.cut_off,
        "accuracy": at_cut_off.accuracy,
        "precision": default.precision,
        "recall": default.recall,
        "f1": default.f1,
        "train_samples": fitted.rows,
        "test_samples": judged.rows,
        "train_default_rate": fitted.bads / fitted.rows,
        "test_default_rate": judged.bads / judged.rows,
        "classification_report": report_of(at_cut_off),
        "confusion_matrix": at_cut_off.confusion_matrix,
    }


def importance_row(one: Importance) -> dict[str, Any]:
    """One metric's importance as JSON."""
    return {**asdict(one), "wording": one.wording}


def _reference(trained: Trained, portfolio: Portfolio) -> pa.Table:
    """Rows that shaped the model, in order of time and as many as a bundle keeps; live rows are compared with them."""
    fitted = trained.rows.take(kept_of_fitted(trained))
    columns = {name: pa.array(fitted.values[:, j]) for j, name in enumerate(portfolio.feature_names)}
    columns["subject_id"] = pa.array(fitted.subject_id.astype(np.str_).astype(object), pa.string())
    columns["requested_at"] = pa.array(fitted.requested_at.astype(np.int64)).cast(pa.timestamp("us", tz="UTC"))
    columns["label"] = pa.array(fitted.y)
    return pa.table(columns)


def _moment(at: np.datetime64) -> datetime:
    return cast("datetime", at.item()).replace(tzinfo=UTC)
