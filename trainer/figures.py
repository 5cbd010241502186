"""Pictures of a training: the candidates, ROC, calibration and cost, as PNG."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trainer.arrays import Floats, Outcomes
from trainer.evaluation import probability
from trainer.ranking import cumulate, rank

BINS = 10


def drawn(
    selection: Mapping[str, Any] | None, report: Mapping[str, Any], y: Outcomes, log_odds: Floats
) -> dict[str, bytes]:
    """Pictures by file name, of judged rows with outcomes `[n]` and calibrated log-odds of default `[n]`."""
    found = {"roc.png": _png(_roc, y, log_odds), "calibration.png": _png(_calibration, y, log_odds)}
    if selection is not None:
        found["candidates.png"] = _png(_candidates, selection)
    if costs := report["metrics"].get("costs"):
        found["cost.png"] = _png(_cost, costs)
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
        if (one["algorithm"], one["parameters"]) == (selection["algorithm"], selection["parameters"]):
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


def _roc(axes: Axes, y: Outcomes, log_odds: Floats) -> None:
    sums = cumulate(rank(log_odds, y), np.ones((1, len(y))))
    hits, alarms = (np.concatenate([[0.0], one[0]]) for one in (sums.bads_so_far, sums.goods_so_far))
    axes.plot(alarms / alarms[-1], hits / hits[-1])
    axes.plot([0, 1], [0, 1], linestyle=":", color="tab:gray")
    axes.set_xlabel("share of goods above the cut-off")
    axes.set_ylabel("share of bads above the cut-off")


def _calibration(axes: Axes, y: Outcomes, log_odds: Floats) -> None:
    pd = probability(log_odds)
    order = np.argsort(pd, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    axes.plot([pd[part].mean() for part in parts], [y[part].mean() for part in parts], marker="o")
    most = float(pd.max())
    axes.plot([0, most], [0, most], linestyle=":", color="tab:gray")
    axes.set_xlabel("mean predicted probability of default, tenths of the test rows")
    axes.set_ylabel("share of bads")


def _cost(axes: Axes, costs: Mapping[str, Any]) -> None:
    curve = costs["curve"]
    axes.plot([one["cut_off"] for one in curve], [one["cost"] for one in curve], marker=".")
    axes.axhline(costs["accept_all"], linestyle=":", color="tab:gray", label="accepting all")
    axes.axhline(costs["cost"], linestyle="--", color="tab:red", label="by expected cost")
    axes.set_xlabel("declined above this probability of default")
    axes.set_ylabel("cost, test rows")
    axes.legend()
