"""What one training run found and did, for people and for machines."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from credit.bundle.calibration import Calibration, ProbabilityCalibration
from credit.bundle.evaluation import Parity, SliceCount, Vintage
from credit.plain_table import table
from trainer.deployment import Answered
from trainer.fairness.text import fairness_text
from trainer.finite import finite
from trainer.fitting import Calibrated
from trainer.judgement import Judgement
from trainer.model_text import (
    cost_curve_text,
    costs_text,
    cut_off_text,
    importance_text,
    measures_text,
    selection_text,
    slices_text,
)
from trainer.publication import importance_row, metrics_of
from trainer.rows import Source


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """One run of training that gave a model."""

    run_id: UUID
    model_id: str
    portfolio: str
    as_of: datetime
    source: Source
    slices: tuple[SliceCount, ...]
    vintages: tuple[Vintage, ...]
    parity: Parity
    rounds: int | None
    """Trees; None where the algorithm has none."""
    calibration: Calibration
    calibrated_on: Calibrated
    algorithm: str
    settings: Mapping[str, str]
    """What the model was fitted with, in plain text; the library's own behind `library.`."""
    judgement: Judgement
    answered: Answered | None
    """None where nobody wished to deploy."""


def to_json(report: TrainingReport) -> dict[str, Any]:
    """The report as one JSON object."""
    fields = {
        "run_id": str(report.run_id),
        "model_id": report.model_id,
        "portfolio": report.portfolio,
        "as_of": report.as_of.isoformat(),
        "source": report.source,
        "slices": [asdict(one) for one in report.slices],
        "vintages": [asdict(one) for one in report.vintages],
        "parity": asdict(report.parity),
        "algorithm": report.algorithm,
        "settings": dict(report.settings),
        "rounds": report.rounds,
        "calibration": {
            **asdict(report.calibration),
            "scale": report.calibration.scale,
            "fitted_on": report.calibrated_on,
            "cross_fitted": report.calibrated_on is Calibrated.OUT_OF_FOLD,
        },
        "metrics": metrics_of(report.judgement),
        "importance": [importance_row(one) for one in report.judgement.importance],
        "deployment": None if report.answered is None else _answer(report.answered),
    }
    return cast("dict[str, Any]", finite(fields))


def to_text(report: TrainingReport) -> str:
    """The report for people, in plain text."""
    told = to_json(report)
    metrics, found = told["metrics"], report.judgement
    parts = [
        f"{report.model_id}  portfolio {report.portfolio}, labels as of {report.as_of:%Y-%m-%d %H:%M} UTC",
        table(("vintage", "used", "no history", "censored", "bad"), [_vintage(one) for one in report.vintages]),
        slices_text(report.slices),
        measures_text(metrics),
        cut_off_text(metrics),
        selection_text(metrics),
        cost_curve_text(metrics),
        costs_text(metrics),
        "" if found.fairness is None else fairness_text(found.fairness),
        _calibration(report),
        _features(report),
        importance_text(told["importance"]),
    ]
    if report.answered is not None:
        decision = report.answered.decision
        parts.append(f"deployment: {decision.answer.replace('_', ' ')}; {decision.reason}")
    return "\n\n".join(part for part in parts if part)


def _answer(answered: Answered) -> dict[str, Any]:
    return {**asdict(answered.wish), **asdict(answered.decision)}


def _vintage(one: Vintage) -> tuple[str, ...]:
    return one.name, f"{one.used:,}", f"{one.without_history:,}", f"{one.censored:,}", f"{one.bads:,}"


def _calibration(report: TrainingReport) -> str:
    line = report.calibration
    trees = "" if report.rounds is None else f"{report.rounds} trees; "
    if report.calibrated_on is Calibrated.NOTHING:
        return f"{trees}logit(PD) is the margin, which is calibrated as it is"
    predicted = f"{line.a:.4f} * margin {line.b:+.4f}"
    if isinstance(line, ProbabilityCalibration):
        predicted += f", from {line.lowest:.2g} to {line.highest:.7g}"
        return f"{trees}PD = {predicted}, fitted on the {report.calibrated_on}"
    return f"{trees}logit(PD) = {predicted}, fitted on the {report.calibrated_on}"


def _features(report: TrainingReport) -> str:
    parity = report.parity
    if report.source in {Source.TABLE, Source.FILE}:
        return f"features: as they stand in the lender's table ({report.source})"
    if not parity.checked:
        why = "as asked for" if report.source is Source.RECOMPUTED else "no score of their time is stored"
        return f"features: all recomputed as of the requests, {why}"
    return (
        f"features: {parity.checked} rows from scores of their time, the others recomputed as of the requests; "
        f"{parity.equal} of the {parity.checked} are equal to the bit when computed anew"
    )
