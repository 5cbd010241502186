"""The pictures of a card, each with what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from matplotlib.axes import Axes

from credit.bundle.evaluation import JudgedVintage, RecordedEvaluation
from trainer import figures
from trainer.card import alt_texts, shap_plots
from trainer.card.explained import Explained
from trainer.card.svg import picture

DEPENDENCES = 6
"""Features, the most important ones, whose dependence is drawn."""

_SIZE = (4.6, 3.6)  # inches


@dataclass(frozen=True, slots=True)
class Picture:
    """An image inside the page."""

    address: str
    """`data:...`."""
    says: str
    """Its message in words."""


def roc(evaluation: RecordedEvaluation, metrics: Mapping[str, Any]) -> Picture:
    """The ROC curve of the judged rows."""
    address = picture(lambda axes: figures.roc(axes, evaluation), inches=_SIZE)
    return Picture(address, alt_texts.roc_text(evaluation, metrics))


def calibration(evaluation: RecordedEvaluation) -> Picture:
    """Bad rates over predictions."""
    address = picture(lambda axes: figures.calibration(axes, evaluation), inches=_SIZE)
    return Picture(address, alt_texts.calibration_text(evaluation))


def cost(costs: Mapping[str, Any], currency: str) -> Picture:
    """Cost over cut-offs."""
    return Picture(picture(lambda axes: figures.cost(axes, costs), inches=_SIZE), alt_texts.cost_text(costs, currency))


def vintages(evaluation: RecordedEvaluation) -> Picture:
    """AUC over time."""
    address = picture(partial(_vintages, evaluation.by_vintage), inches=(6.4, 3.0))
    return Picture(address, alt_texts.vintage_text(evaluation))


def summary(explained: Explained) -> Picture:
    """Contributions of all features."""
    return Picture(shap_plots.summary(explained), alt_texts.summary_text(explained))


def dependences(explained: Explained) -> list[Picture]:
    """Contributions over values, of the most important features."""
    return [
        Picture(shap_plots.dependence(explained, column), alt_texts.dependence_text(explained, column))
        for column in explained.order[:DEPENDENCES]
    ]


def _vintages(found: Sequence[JudgedVintage], axes: Axes) -> None:
    for place, one in enumerate(found):
        if one.roc_auc_lower is not None and one.roc_auc_upper is not None:
            axes.plot([place, place], [one.roc_auc_lower, one.roc_auc_upper], color="#3b82c4")
        if one.roc_auc is not None:
            axes.plot([place], [one.roc_auc], "o", color="#3b82c4")
    axes.axhline(0.5, linestyle=":", color="tab:gray")
    names = [one.name for one in found]
    axes.set_xticks(range(len(names)), names, rotation=45 if len(names) > 5 else 0)
    axes.set_ylabel("ROC AUC, 95 % interval")
