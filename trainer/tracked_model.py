"""A registered model, told to whoever keeps track of experiments."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainer.arrays import Floats, Outcomes
from trainer.judgement import Trained
from trainer.report import TrainingReport, to_json
from trainer.tracking import TrackedModel, Tracker


def track_model(tracker: Tracker, report: TrainingReport, trained: Trained, model_dir: Path) -> None:
    """Do nothing where nothing is tracked; else tell the model, with its pictures."""
    if not tracker.active:
        return
    as_json = to_json(report)
    y = trained.rows.y[trained.fit.judged]
    model = TrackedModel(
        model_id=report.model_id,
        bundle=model_dir / report.model_id,
        report=as_json,
        figures=_drawn(trained.judgement.selection, as_json, y, trained.fit.log_odds),
    )
    tracker.tell("model", model)


def _drawn(
    selection: Mapping[str, Any] | None, report: Mapping[str, Any], y: Outcomes, log_odds: Floats
) -> Mapping[str, bytes]:
    """Pictures, where there is something to draw with: MLflow's small package comes without."""
    try:
        from trainer.figures import drawn  # noqa: PLC0415 - not in the images
    except ModuleNotFoundError:
        return {}
    return drawn(selection, report, y, log_odds)
