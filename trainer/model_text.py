"""A model's figures in plain text, from the metrics and the importance that the registry and bundles keep as JSON.

A training's report and `blink model show` are made of the same parts. Figures that older models lack are left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from credit.bundle.evaluation import SliceCount
from credit.plain_table import table
from credit.printable import printable
from trainer.card import numbers
from trainer.card.measures import measures
from trainer.classification import CLASSES
from trainer.standing import is_chosen

_TOWARDS = {1: "repayment", -1: "default", 0: "-"}
_LEGEND = (
    "share: of the mean size of all contributions; declared, observed: what more of the metric goes with, - where "
    "neither; held: the model cannot go against what is declared"
)
_COEFFICIENT = "; coefficient: of the standardised metric, above 0 towards default"


def measures_text(metrics: Mapping[str, Any]) -> str:
    """Measures of the judged rows with their intervals, and of how many rows they are."""
    rows = [(one.name, figure(one.own)) for one in measures(metrics, None)]
    lines = [table(("measure", "estimate [95 % interval]"), rows)] if rows else []
    if (censored := metrics.get("censored_as_good")) is not None:
        lines.append(f"unlabelled as good: if all {censored['censored']:,} rows without a label yet were good")
    if "train_samples" in metrics:
        lines.append(f"fitted on {metrics['train_samples']:,} rows, {metrics['train_default_rate']:.2%} of them bad")
    if "mean_pd" in metrics:
        bad = f"{metrics['bads']:,} of them bad, {metrics['bads'] / metrics['rows']:.2%}"
        lines.append(f"judged on {metrics['rows']:,} rows, {bad}; mean PD {metrics['mean_pd']:.2%}")
    if metrics.get("indicative"):
        lines.append("INDICATIVE: too few bads to decide anything by these figures")
    return "\n".join(lines)


def cut_off_text(metrics: Mapping[str, Any]) -> str:
    """Who would be declined at the cut-off, and how right that is; empty where it was not counted."""
    if "classification_report" not in metrics:
        return ""
    found = metrics["classification_report"]
    rates = [
        (name, *(f"{found[name][one]:.4f}" for one in ("precision", "recall", "f1-score")), _count(found[name]))
        for name in CLASSES
    ]
    head = (f"declined from PD {metrics['cut_off']:g}", "precision", "recall", "F1", "rows")
    counts = [
        (name, *(f"{count:,}" for count in row)) for name, row in zip(CLASSES, metrics["confusion_matrix"], strict=True)
    ]
    taken = table(("it was, by what it is taken for", *CLASSES), counts)
    return f"{table(head, rates)}\naccuracy {metrics['accuracy']:.4f}\n{taken}"


def selection_text(metrics: Mapping[str, Any]) -> str:
    """Who was compared and chosen, and by which rule; empty where nothing was compared."""
    found = metrics.get("selection")
    if found is None:
        return ""
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
        f"compared on {found['rows']:,} rows in {found['folds']} folds by {found['folds_by']}; chosen (*) is",
        *(f"  {line}" for line in found["rule"].split("; ")),
        *(f"not compared: {reason}" for reason in found["not_compared"].values()),
    ]
    if found["parameters"]:
        lines.append("tuned: " + ", ".join(f"{name} {value:.4g}" for name, value in found["parameters"].items()))
    return "\n".join(lines)


def costs_text(metrics: Mapping[str, Any], currency: str = "") -> str:
    """What deciding by expected cost costs on the judged rows; empty where the portfolio states no costs."""
    found = metrics.get("costs")
    if found is None:
        return ""
    above = "its own threshold" if found["threshold"] is None else f"PD {found['threshold']:.4f}"
    unknown = f" ({found['left_out']:,} more have no known stakes)" if found["left_out"] else ""
    cost = f"cost{f' in {currency}' if currency else ''} {found['cost']:,.0f}"
    lines = [
        f"declined above {above} by expected cost: {found['declined']:,} of {found['rows']:,} rows{unknown}",
        f"{cost}; accepting all {found['accept_all']:,.0f}, declining all {found['decline_all']:,.0f}",
        f"saved against accepting all: {found['savings']:,.0f}",
    ]
    return "\n".join(lines)


def cost_curve_text(metrics: Mapping[str, Any]) -> str:
    """The cost by cut-off; empty where the portfolio states no costs."""
    found = metrics.get("costs")
    if found is None:
        return ""
    curve = [(f"{one['cut_off']:.2f}", f"{one['cost']:,.0f}", f"{one['declined']:,}") for one in found["curve"]]
    return table(("declined above PD", "cost", "declined"), curve)


def importance_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Metrics from the most to the least important, each with what more of it goes with."""
    if not rows:
        return "no importance was recorded"
    weight = str(rows[0]["figure"])
    cells = [
        (
            printable(one["metric"]),
            f"{one['share']:.1%}",
            f"{one['weight']:.4g}",
            _TOWARDS[one["declared"]] + (", held" if one["enforced"] else ""),
            _TOWARDS[one["observed"]],
            one["wording"],
        )
        for one in rows
    ]
    legend = _LEGEND + (_COEFFICIENT if weight == "coefficient" else "")
    return table(("metric", "share", weight, "declared", "observed", "more of it"), cells) + f"\n{legend}"


def slices_text(slices: Sequence[SliceCount]) -> str:
    """How many rows each slice has, and of which time."""
    cells = [(one.name, f"{one.rows:,}", f"{one.bads:,}", one.first or "-", one.last or "-") for one in slices]
    return table(("slice", "rows", "bad", "first", "last"), cells)


def gate_text(metrics: Mapping[str, Any]) -> str:
    """The quality gate of the training and how the model stands to it; empty where none is recorded."""
    gate = metrics.get("quality_gate")
    if gate is None:
        return ""
    auc, least = metrics["auc_roc"], gate["min_auc"]
    # Written so that an AUC which is not a number is below.
    stands = "passed" if auc is not None and auc >= least else "below it"
    return f"ROC AUC of {least:.4f} or more, from {gate['min_rows']:,} labelled rows or more: {figure(auc)}, {stands}"


def figure(value: Any) -> str:
    """A measure for a terminal, its interval behind it."""
    return numbers.figure(value).replace("\N{NO-BREAK SPACE}", " ")


def _count(rates: Mapping[str, Any]) -> str:
    return f"{rates['support']:,}"
