"""Which of the compared is trained: one standard error, the simpler wins."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trainer.comparison.candidate import SIMPLEST_FIRST, Trial

RULE = (
    "the simplest whose mean AUC falls short of the best one's, on the same folds, by no more than one standard error "
    "of that shortfall; simpler is " + ", ".join(SIMPLEST_FIRST) + ", of each its own settings before tuned ones"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A trial beside the best one."""

    trial: Trial
    shortfall: float
    """Mean over the folds of the best one's AUC less its own."""
    standard_error: float
    """Of that mean: the standard deviation of the folds' differences over the root of their number."""

    @property
    def as_good(self) -> bool:
        """Whether the shortfall is no more than one standard error."""
        return self.shortfall <= self.standard_error


@dataclass(frozen=True, slots=True)
class Choice:
    """What the rule chose, and from whom."""

    chosen: Trial
    best: Trial
    """Of the highest mean AUC."""
    standings: tuple[Standing, ...]
    """Each algorithm with its own settings and, where it was tuned, with the best that tuning found, simplest first."""


def choose(trials: Sequence[Trial]) -> Choice:
    """The choice among trials that ran on every fold (Breiman et al., CART, 1984, section 3.4.3, paired by fold).

    Folds differ in how hard they are, which all trials share: the error is that of the differences. Of equals the
    earlier wins.
    """
    contenders = _contenders([trial for trial in trials if not trial.pruned])
    best = max(contenders, key=lambda trial: trial.mean_auc)
    standings = tuple(_standing(trial, best) for trial in contenders)
    return Choice(next(one.trial for one in standings if one.as_good), best, standings)


def equals(trials: Sequence[Trial], best: Trial) -> tuple[Trial, ...]:
    """All trials that ran on every fold and are as good as the best one by the same rule."""
    return tuple(trial for trial in trials if not trial.pruned and _standing(trial, best).as_good)


def _contenders(trials: Sequence[Trial]) -> list[Trial]:
    found: list[Trial] = []
    for algorithm in sorted({trial.algorithm for trial in trials}, key=_turn):
        of_it = sorted((trial for trial in trials if trial.algorithm == algorithm), key=lambda trial: trial.number)
        found += of_it[:1] if of_it[0].number == 0 else []
        if tried := [trial for trial in of_it if trial.number]:
            found.append(max(tried, key=lambda trial: trial.mean_auc))
    return found


def _turn(algorithm: str) -> tuple[int, str]:
    """Algorithms that the order does not name come last."""
    known = algorithm in SIMPLEST_FIRST
    return (SIMPLEST_FIRST.index(algorithm) if known else len(SIMPLEST_FIRST), algorithm)


def _standing(trial: Trial, best: Trial) -> Standing:
    differences = np.subtract(best.aucs, trial.aucs)
    spread = float(differences.std(ddof=1)) if len(differences) > 1 else 0.0
    return Standing(trial, float(differences.mean()), spread / math.sqrt(len(differences)))
