"""A registered model, told to whoever keeps track of experiments."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from credit.bundle.evaluation import RecordedEvaluation
from credit.bundle.reader import Bundle, load_bundle
from trainer.card.registration import registration_of
from trainer.card.rendering import rendered_card
from trainer.report import TrainingReport, to_json
from trainer.tracking.facts import TrackedModel
from trainer.tracking.tracker import Tracker


def track_model(tracker: Tracker, engine: Engine, report: TrainingReport, model_dir: Path) -> None:
    """Do nothing where nothing is tracked; else tell the model, with its pictures and its card."""
    if not tracker.active:
        return
    bundle, as_json = load_bundle(model_dir / report.model_id), to_json(report)
    model = TrackedModel(
        model_id=report.model_id,
        bundle=bundle.path,
        report=as_json,
        figures=_drawn(tracker, as_json, bundle.evaluation()),
        card=_card(tracker, engine, bundle),
    )
    tracker.tell("model", model)


def _drawn(tracker: Tracker, report: Mapping[str, Any], evaluation: RecordedEvaluation | None) -> Mapping[str, bytes]:
    """Pictures, where there is something to draw with: MLflow's small package comes without."""
    try:
        from trainer.figures import drawn  # noqa: PLC0415 - not in the images
    except ImportError:
        return {}
    try:
        return {} if evaluation is None else drawn(report, evaluation)
    except Exception as error:  # noqa: BLE001 - as of a card
        tracker.progress(f"no pictures: {type(error).__name__}: {error}", 1, 1)
        return {}


def _card(tracker: Tracker, engine: Engine, bundle: Bundle) -> str | None:
    """The model's card; where it cannot be drawn, that is told and there is none."""
    try:
        with engine.connect() as connection:
            return rendered_card(bundle, registration_of(connection, bundle.model_id))
    except Exception as error:  # noqa: BLE001 - the model is registered already; whatever a card lacks, the run has succeeded
        tracker.progress(f"no model card: {error}", 1, 1)
        return None
