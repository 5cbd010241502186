"""What a picture shows, for whoever does not see it."""

from collections.abc import Mapping
from typing import Any

from credit.bundle.evaluation import RecordedEvaluation
from credit.portfolios import FeatureKind
from trainer.card.explained import Explained


def roc_text(evaluation: RecordedEvaluation, metrics: Mapping[str, Any]) -> str:
    """The area, and the point that stands out most."""
    best = max(evaluation.roc, key=lambda one: one.bads - one.goods)
    auc = metrics.get("roc_auc") or {}
    area = f"Area {auc['estimate']:.3f}. " if auc.get("estimate") is not None else ""
    return f"ROC curve. {area}Where it stands out most: {best.bads:.0%} of the bads and {best.goods:.0%} of the goods."


def calibration_text(evaluation: RecordedEvaluation) -> str:
    """How many predictions the outcomes agree with."""
    tenths = evaluation.tenths
    inside = sum(one.bad_rate_lower <= one.mean_pd <= one.bad_rate_upper for one in tenths)
    return (
        f"Bad rate over predicted probability. In {inside} of {len(tenths)} parts the prediction lies within the 95 % "
        f"interval of the bad rate. Riskiest part: predicted {tenths[0].mean_pd:.1%}, bad {tenths[0].bad_rate:.1%}."
    )


def cost_text(costs: Mapping[str, Any], currency: str) -> str:
    """The cheapest cut-off, beside accepting all and deciding by expected cost."""
    least = min(costs["curve"], key=lambda one: one["cost"])
    return (
        f"Cost by cut-off. Least at {least['cut_off']:.2f}: {least['cost']:,.0f} {currency}. By expected cost "
        f"{costs['cost']:,.0f}, accepting all {costs['accept_all']:,.0f}."
    )


def vintage_text(evaluation: RecordedEvaluation) -> str:
    """The range of the AUC over time."""
    found = [one for one in evaluation.by_vintage if one.roc_auc is not None]
    if not found:
        return "AUC by vintage: no vintage has rows of both classes."
    least, most = (pick(found, key=lambda one: one.roc_auc or 0.0) for pick in (min, max))
    return f"AUC by vintage, from {least.roc_auc:.2f} in {least.name} to {most.roc_auc:.2f} in {most.name}."


def summary_text(explained: Explained) -> str:
    """The features that matter most, and their directions."""
    top = [f"{explained.features[j].name} ({_trend(explained, j)})" for j in explained.order[:5]]
    return f"Contributions of {len(explained.values):,} rows by feature. Most important: {', '.join(top)}."


def dependence_text(explained: Explained, column: int) -> str:
    """The direction of one feature and its reach."""
    phi = explained.contributions[:, column]
    name = explained.features[column].name
    return f"{name}: {_trend(explained, column)}; contributions from {phi.min():+.2f} to {phi.max():+.2f}."


def _trend(explained: Explained, column: int) -> str:
    if explained.features[column].kind is FeatureKind.CATEGORICAL:
        return "categories"
    words = {1: "more of it lowers the risk", -1: "more of it raises the risk", 0: "no one direction"}
    return words[explained.direction(column)]
