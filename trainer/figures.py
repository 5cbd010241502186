"""Pictures of a training: the candidates, ROC, calibration and cost, as PNG."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from credit.bundle.evaluation import RecordedEvaluation
from trainer.standing import is_chosen


def drawn(report: Mapping[str, Any], evaluation: RecordedEvaluation) -> dict[str, bytes]:
    """Pictures by file name, of a training's report as JSON and of what its bundle keeps."""
    found = {"roc.png": _png(roc, evaluation), "calibration.png": _png(calibration, evaluation)}
    if selection := report["metrics"].get("selection"):
        found["candidates.png"] = _png(_candidates, selection)
    if costs := report["metrics"].get("costs"):
        found["cost.png"] = _png(cost, costs)
    return found


def _png(draw: Any, *given: Any) -> bytes:
    figure = Figure(figsize=(7, 5), layout="constrained")
    draw(figure.subplots(), *given)
    content = io.BytesIO()
    # No date and no version: the same figures give the same bytes.
    figure.savefig(content, format="png", dpi=110, metadata={"Software": None})
    return content.getvalue()


def _candidates(axes: Axes, selection: Mapping[str, Any]) -> None:
    standings = list(reversed(selection["standings"]))
    means = [one["mean_auc"] for one in standings]
    errors = [one["standard_error"] for one in standings]
    axes.errorbar(means, range(len(means)), xerr=errors, fmt="o", color="tab:gray", capsize=3)
    for place, one in enumerate(standings):
        if is_chosen(one, selection):
            axes.plot(one["mean_auc"], place, "o", color="tab:red", label="chosen", zorder=3)
    axes.set_yticks(range(len(means)), [f"{one['candidate']}  {one['mean_auc']:.4f}" for one in standings])
    axes.set_xlim(_near_the_best(means, errors))
    axes.set_xlabel("mean AUC over the folds, ± the standard error of its shortfall")
    axes.legend(loc="upper left")


def _near_the_best(means: Sequence[float], errors: Sequence[float]) -> tuple[float, float]:
    """An axis on which the better half is told apart; who is far behind is left of it, with the figure by the name."""
    best, middle = max(means), float(np.median(means))
    reach = max(2 * (best - middle), 3 * float(np.median(errors)), 0.001)
    return best - reach, best + reach / 4


def roc(axes: Axes, evaluation: RecordedEvaluation) -> None:
    """The ROC curve of the judged rows."""
    axes.plot([one.goods for one in evaluation.roc], [one.bads for one in evaluation.roc])
    axes.plot([0, 1], [0, 1], linestyle=":", color="tab:gray")
    axes.set_xlabel("share of goods above the cut-off")
    axes.set_ylabel("share of bads above the cut-off")


def calibration(axes: Axes, evaluation: RecordedEvaluation) -> None:
    """Bad rates of the tenths, with their intervals, over what was predicted."""
    tenths = evaluation.tenths
    rates = [one.bad_rate for one in tenths]
    below = [one.bad_rate - one.bad_rate_lower for one in tenths]
    above = [one.bad_rate_upper - one.bad_rate for one in tenths]
    axes.errorbar([one.mean_pd for one in tenths], rates, yerr=[below, above], marker="o", capsize=3)
    most = max(max(one.mean_pd, one.bad_rate) for one in tenths)
    axes.plot([0, most], [0, most], linestyle=":", color="tab:gray")
    axes.set_xlabel("mean predicted probability of default, by tenth")
    axes.set_ylabel("share of bads, 95 % interval")


def cost(axes: Axes, costs: Mapping[str, Any]) -> None:
    """What declining above each cut-off costs on the judged rows."""
    curve = costs["curve"]
    axes.plot([one["cut_off"] for one in curve], [one["cost"] for one in curve], marker=".")
    axes.axhline(costs["accept_all"], linestyle=":", color="tab:gray", label="accepting all")
    axes.axhline(costs["cost"], linestyle="--", color="tab:red", label="by expected cost")
    axes.set_xlabel("declined above this probability of default")
    axes.set_ylabel("cost, test rows")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.legend()
