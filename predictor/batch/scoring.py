"""Audits of one batch of subjects: features, scores, reasons."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from credit.bundle.reader import Bundle
from credit.database.audits import Audit, batch_audit_id
from credit.database.scoring_runs import ScoringRun
from credit.database.snapshots import Snapshot, batch_snapshot_id, stored_snapshots
from credit.database.table_rows import latest_rows
from credit.features.query import Key, compute_features
from credit.portfolios import Portfolio
from credit.scores import score_of, score_rows
from predictor.batch.plan import ImpossibleRunError, ScoringError
from predictor.unknown_values import NOT_IN_TABLE, absent_because, null_reasons


def audits_of_subjects(
    connection: Connection,
    run: ScoringRun,
    portfolio: Portfolio,
    bundle: Bundle,
    subjects: Sequence[str],
    *,
    scored_at: datetime,
) -> tuple[Audit, ...]:
    """The champion's audits of subjects as the run sees them, in the same order; nothing is written.

    Raises:
        ScoringError: where the model has a feature that the portfolio does not compute.
        ImpossibleRunError: where a snapshot of the same time is stored that holds another model's codes.
        FeatureError: where features cannot be computed.
    """
    snapshots = snapshots_of_subjects(connection, run, portfolio, bundle, subjects)
    scored = score_rows(bundle, _rows(snapshots, bundle.feature_names))
    return tuple(
        Audit(
            audit_id=batch_audit_id(run.portfolio, subject, run.as_of, run.model_id, "champion"),
            scored_at=scored_at,
            origin="batch",
            role="champion",
            run_id=run.run_id,
            request_id=None,
            score=score_of(scored, row, subject_id=subject, as_of=run.as_of),
            snapshot=snapshots[row],
        )
        for row, subject in enumerate(subjects)
    )


def snapshots_of_subjects(
    connection: Connection, run: ScoringRun, portfolio: Portfolio, bundle: Bundle, subjects: Sequence[str]
) -> list[Snapshot]:
    """Features of the subjects as of the run: those stored already as they are, the others computed.

    Another model may have been scored as of the same time before; its audits refer to the stored snapshot, and a
    second one of the same subject and time would leave open which is meant.
    """
    ids = [batch_snapshot_id(run.portfolio, subject, run.as_of) for subject in subjects]
    stored = stored_snapshots(connection, [(run.as_of, key) for key in ids])
    if portfolio.table is not None:
        anew = _of_table(connection, run, portfolio, bundle, subjects)
        _check_codes(stored, anew)
    else:
        absent = [subject for subject, key in zip(subjects, ids, strict=True) if key not in stored]
        anew = _of_transactions(connection, run, portfolio, absent)
    known = {snapshot.snapshot_id: snapshot for snapshot in anew} | dict(stored)
    return [known[key] for key in ids]


def _of_transactions(
    connection: Connection, run: ScoringRun, portfolio: Portfolio, subjects: Sequence[str]
) -> list[Snapshot]:
    found = compute_features(connection, portfolio, [Key(subject, run.as_of, run.pg_snapshot) for subject in subjects])
    return [
        _snapshot(run, subject, _features(portfolio.feature_names, values), reasons)
        for subject, values, reasons in zip(subjects, found.values, found.null_reasons, strict=True)
    ]


def _of_table(
    connection: Connection, run: ScoringRun, portfolio: Portfolio, bundle: Bundle, subjects: Sequence[str]
) -> list[Snapshot]:
    """Each subject's latest row, categories by the model's own lists."""
    _check_features(portfolio.feature_names, bundle.feature_names, run.portfolio)
    features = bundle.manifest.features
    found = latest_rows(connection, run.portfolio, features, subjects, as_of=run.as_of, pg_snapshot=run.pg_snapshot)
    reasons = null_reasons(found.values, absent_because(features, NOT_IN_TABLE))
    return [
        _snapshot(run, subject, _features(bundle.feature_names, values), because)
        for subject, values, because in zip(subjects, found.values, reasons, strict=True)
    ]


def _check_codes(stored: Mapping[UUID, Snapshot], anew: Sequence[Snapshot]) -> None:
    """Refuse a snapshot in which another model's codes stand for other categories."""
    for snapshot in anew:
        before = stored.get(snapshot.snapshot_id, snapshot)
        if before.features != snapshot.features:
            raise ImpossibleRunError(
                f"{snapshot.subject_id} was scored as of {snapshot.as_of:%Y-%m-%d %H:%M:%S} UTC by a model of other "
                "features or categories, whose snapshot stays: score as of another time"
            )


def _snapshot(
    run: ScoringRun, subject: str, features: Mapping[str, float | None], null_reasons: Mapping[str, str]
) -> Snapshot:
    return Snapshot(
        snapshot_id=batch_snapshot_id(run.portfolio, subject, run.as_of),
        as_of=run.as_of,
        portfolio=run.portfolio,
        subject_id=subject,
        source="computed",
        origin="batch",
        pg_snapshot=run.pg_snapshot,
        run_id=run.run_id,
        features=features,
        null_reasons=null_reasons,
    )


def _features(names: Sequence[str], values: npt.NDArray[np.float64]) -> dict[str, float | None]:
    missing = np.isnan(values).tolist()
    pairs = zip(names, values.tolist(), missing, strict=True)
    # Adding 0.0 turns -0.0 into 0.0: JSON in the database does not keep the sign of a zero.
    return {name: None if gone else value + 0.0 for name, value, gone in pairs}


def _rows(snapshots: Sequence[Snapshot], names: Sequence[str]) -> npt.NDArray[np.float64]:
    if snapshots:
        _check_features(snapshots[0].features, names, snapshots[0].portfolio)
    rows = np.full((len(snapshots), len(names)), np.nan)
    for row, snapshot in enumerate(snapshots):
        values = [snapshot.features[name] for name in names]
        rows[row] = [np.nan if value is None else value for value in values]
    return rows


def _check_features(given: Collection[str], needed: Sequence[str], portfolio: str) -> None:
    if absent := [name for name in needed if name not in given]:
        raise ScoringError(
            f"the champion has features that portfolio {portfolio} does not compute: {', '.join(absent)}; "
            "train and deploy a model on the portfolio's present features"
        )
