"""Accept or decline at the cut-off: counts and the rates that follow from them."""

from dataclasses import dataclass

import numpy as np

from trainer.arrays import Floats, Outcomes
from trainer.evaluation import probability

CLASSES = ("non-default", "default")


@dataclass(frozen=True, slots=True)
class ClassReport:
    """One class's rates; 0 where nothing is counted (as scikit-learn's `zero_division=0`)."""

    precision: float
    """Of the rows that are taken for the class, the share that are of it."""
    recall: float
    """Of the rows of the class, the share that are taken for it."""
    f1: float
    """Harmonic mean of both."""
    support: int
    """Rows of the class."""


@dataclass(frozen=True, slots=True)
class Classification:
    """Judged rows, declined where PD is the cut-off or more."""

    cut_off: float
    accuracy: float
    confusion_matrix: tuple[tuple[int, int], tuple[int, int]]
    """Rows by what they are (non-default, default) and what they are taken for, in this order."""
    classes: tuple[ClassReport, ClassReport]
    """Of non-default and of default."""


def classify(y: Outcomes, log_odds: Floats, cut_off: float) -> Classification:
    """The classification of calibrated log-odds of default `[n]` at a cut-off in (0, 1)."""
    declined = probability(log_odds) >= cut_off
    counts = [[int(np.sum((y == actual) & (declined == taken))) for taken in (0, 1)] for actual in (0, 1)]
    (kept_goods, lost_goods), (missed_bads, caught_bads) = counts
    return Classification(
        cut_off=cut_off,
        accuracy=(kept_goods + caught_bads) / len(y),
        confusion_matrix=((kept_goods, lost_goods), (missed_bads, caught_bads)),
        classes=(_report(kept_goods, lost_goods, missed_bads), _report(caught_bads, missed_bads, lost_goods)),
    )


def _report(right: int, lost: int, wrongly: int) -> ClassReport:
    """`right` rows of the class taken for it, `lost` taken for the other, `wrongly` of the other taken for it."""
    precision = right / (right + wrongly) if right + wrongly else 0.0
    recall = right / (right + lost) if right + lost else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return ClassReport(precision, recall, f1, right + lost)


def report_of(found: Classification) -> dict[str, dict[str, float | int]]:
    """The rates by class, as scikit-learn's `classification_report` names them."""
    return {
        name: {"precision": one.precision, "recall": one.recall, "f1-score": one.f1, "support": one.support}
        for name, one in zip(CLASSES, found.classes, strict=True)
    }
