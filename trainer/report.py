"""What one training run found and did, for people and for machines."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from credit.bundle.calibration import Calibration, ProbabilityCalibration
from credit.bundle.evaluation import Parity, SliceCount, Vintage
from credit.plain_table import table
from trainer.bootstrap import Interval
from trainer.classification import CLASSES
from trainer.comparison.selection import is_chosen
from trainer.deployment import Answered
from trainer.fairness.text import fairness_text
from trainer.finite import finite
from trainer.fitting import Calibrated
from trainer.importance import Importance
from trainer.judgement import Judgement
from trainer.publication import importance_row, metrics_of
from trainer.rows import Source

_SIGNS = {1: "+", -1: "-", 0: "free"}


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
    parts = [
        f"{report.model_id}  portfolio {report.portfolio}, labels as of {report.as_of:%Y-%m-%d %H:%M} UTC",
        table(("vintage", "used", "no history", "censored", "bad"), [_vintage(one) for one in report.vintages]),
        table(("slice", "rows", "bad", "first", "last"), [_slice(one) for one in report.slices]),
        _measures(report.judgement),
        *_selection(report.judgement),
        *_costs(report.judgement),
        *([] if report.judgement.fairness is None else [fairness_text(report.judgement.fairness)]),
        _calibration(report),
        _features(report),
        _importance(report.judgement.importance),
    ]
    if report.answered is not None:
        decision = report.answered.decision
        parts.append(f"deployment: {decision.answer.replace('_', ' ')}; {decision.reason}")
    return "\n\n".join(parts)


def _answer(answered: Answered) -> dict[str, Any]:
    return {**asdict(answered.wish), **asdict(answered.decision)}


def _vintage(one: Vintage) -> tuple[str, ...]:
    return one.name, str(one.used), str(one.without_history), str(one.censored), str(one.bads)


def _slice(one: SliceCount) -> tuple[str, ...]:
    return one.name, str(one.rows), str(one.bads), one.first or "-", one.last or "-"


def _measures(judgement: Judgement) -> str:
    found = judgement.evaluation
    named: list[tuple[str, Interval]] = [
        ("ROC AUC", found.roc_auc),
        ("PR AUC", found.pr_auc),
        ("KS", found.ks),
        ("Brier", found.brier),
        ("log loss", found.log_loss),
        ("calibration slope", found.calibration_slope),
        ("calibration intercept", found.calibration_intercept),
    ]
    if judgement.sensitivity is not None:
        named.append((f"ROC AUC, {judgement.sensitivity.censored} censored as good", judgement.sensitivity.roc_auc))
    measures = table(("measure", "estimate [95 % interval]"), [(name, str(one)) for name, one in named])
    mark = "\nINDICATIVE: too few bads to decide anything by these figures" if judgement.indicative else ""
    judged = f"\njudged on {found.rows} rows, {found.bads} bad; mean PD {found.mean_pd:.4f}"
    return f"{measures}{judged}, bad rate {found.bads / found.rows:.4f}\n{_at_cut_off(judgement)}{mark}"


def _at_cut_off(judgement: Judgement) -> str:
    found = judgement.classification
    rates = [
        (name, f"{one.precision:.4f}", f"{one.recall:.4f}", f"{one.f1:.4f}", str(one.support))
        for name, one in zip(CLASSES, found.classes, strict=True)
    ]
    head = (f"declined from PD {found.cut_off:g}", "precision", "recall", "F1", "rows")
    counts = [(name, *(str(count) for count in row)) for name, row in zip(CLASSES, found.confusion_matrix, strict=True)]
    taken = table(("it was, by what it is taken for", *CLASSES), counts)
    return f"{table(head, rates)}\naccuracy {found.accuracy:.4f}\n{taken}"


def _selection(judgement: Judgement) -> Sequence[str]:
    found = judgement.selection
    if found is None:
        return ()
    rows = [
        (
            "*" if is_chosen(one, found) else "",
            one["candidate"],
            f"{one['mean_auc']:.4f}",
            f"{one['shortfall']:.4f}",
            f"{one['standard_error']:.4f}",
        )
        for one in found["standings"]
    ]
    lines = [
        table(("", "candidate", "mean AUC", "short of the best", "standard error"), rows),
        f"compared on {found['rows']} rows in {found['folds']} folds by {found['folds_by']}; chosen (*) is",
        *(f"  {line}" for line in found["rule"].split("; ")),
        *(f"not compared: {reason}" for reason in found["not_compared"].values()),
    ]
    if found["parameters"]:
        lines.append("tuned: " + ", ".join(f"{name} {value:.4g}" for name, value in found["parameters"].items()))
    return ("\n".join(lines),)


def _costs(judgement: Judgement) -> Sequence[str]:
    found = judgement.costs
    if found is None:
        return ()
    above = "its own threshold" if found.threshold is None else f"PD {found.threshold:.4f}"
    unknown = f" ({found.left_out} more have no known stakes)" if found.left_out else ""
    lines = [
        f"declined above {above} by expected cost: {found.declined} of {found.rows} rows{unknown}",
        f"cost {found.cost:,.0f}; accepting all {found.accept_all:,.0f}, declining all {found.decline_all:,.0f}",
        f"saved against accepting all: {found.savings:,.0f}",
    ]
    curve = [(f"{one.cut_off:.2f}", f"{one.cost:,.0f}", str(one.declined)) for one in found.curve]
    return ("\n".join([table(("declined above PD", "cost", "declined"), curve), *lines]),)


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


def _importance(importance: Sequence[Importance]) -> str:
    rows = [
        (one.metric, f"{one.share:.1%}", f"{one.weight:.4g}", _SIGNS[one.declared], _SIGNS[one.observed], one.wording)
        for one in importance
    ]
    figure = importance[0].figure if importance else "weight"
    return table(("metric", "share", figure, "declared", "observed", "more of it"), rows)
