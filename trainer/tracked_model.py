"""A registered model, told to whoever keeps track of experiments."""

from pathlib import Path

from trainer.judgement import Trained
from trainer.report import TrainingReport, to_json
from trainer.tracking import TrackedModel, Tracker


def track_model(tracker: Tracker, report: TrainingReport, trained: Trained, model_dir: Path) -> None:
    """Do nothing where nothing is tracked; else tell the model, with its pictures."""
    if not tracker.active:
        return
    from trainer.figures import drawn  # noqa: PLC0415 - matplotlib comes with MLflow, and is not in the images

    as_json = to_json(report)
    y = trained.rows.y[trained.fit.judged]
    model = TrackedModel(
        model_id=report.model_id,
        bundle=model_dir / report.model_id,
        report=as_json,
        figures=drawn(trained.judgement.selection, as_json, y, trained.fit.log_odds),
    )
    tracker.tell("model", model)
