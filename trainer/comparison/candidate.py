"""Who is compared, and how good one of them is on one fold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trainer.algorithm import Estimator, Sample
from trainer.arrays import Floats, Indices
from trainer.comparison.folds import Fold
from trainer.effective_settings import effective_settings
from trainer.evaluation import log_losses
from trainer.fairness.acceptance import GroupAcceptance, acceptance_of, accepted_by_group
from trainer.fitting import MIN_STOPPING_BADS, Fitter
from trainer.ranking import auc_of
from trainer.rows import Rows

SIMPLEST_FIRST = ("base_rate", "logistic_regression", "lightgbm", "xgboost", "catboost", "random_forest")
"""The order of simplicity: a constant; a sum; trees that hold the declared directions, by how exactly they are served;
and a forest, of the most leaves, which holds no direction."""


@dataclass(frozen=True, slots=True)
class FoldFigures:
    """One candidate on one fold's unseen rows."""

    roc_auc: float
    log_loss: float
    """In nats a row, before any calibration."""
    rounds: int | None
    """Trees; None where there are none."""
    groups: tuple[GroupAcceptance, ...] = ()
    """By protected columns: told to people, never used to choose."""
    settings: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What it was fitted with."""


def figures_of(stored: Mapping[str, Any]) -> FoldFigures:
    """A fold's figures from JSON."""
    return FoldFigures(**{**stored, "groups": tuple(acceptance_of(one) for one in stored["groups"])})


@dataclass(frozen=True, slots=True)
class Trial:
    """One set of settings of one algorithm, with its figures on the folds in their order."""

    algorithm: str
    number: int
    """0: its own settings; from 1: those that tuning tried."""
    parameters: Mapping[str, float]
    """What tuning set; empty for its own settings."""
    folds: tuple[FoldFigures, ...]
    pruned: bool = False
    """Whether it was given up before the last fold."""
    seconds: float = field(default=0.0, compare=False)
    """That fitting took, by one thread."""
    settings: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What it was fitted with, by all folds; empty before it has ended."""

    @property
    def name(self) -> str:
        """As people read it."""
        return f"{self.algorithm}, trial {self.number}" if self.number else self.algorithm

    @property
    def aucs(self) -> tuple[float, ...]:
        """ROC AUC of each fold."""
        return tuple(fold.roc_auc for fold in self.folds)

    @property
    def mean_auc(self) -> float:
        """Mean of the folds' ROC AUC."""
        return float(np.mean(self.aucs))

    @property
    def mean_log_loss(self) -> float:
        """Mean of the folds' log loss."""
        return float(np.mean([fold.log_loss for fold in self.folds]))


def judge_fold(rows: Rows, fold: Fold, fitter: Fitter) -> FoldFigures:
    """The figures of the fitter's algorithm and settings on a fold.

    Raises:
        TrainingError: where the algorithm does not take the features.
    """
    estimator, settings = _fitted(rows, fold, fitter)
    unseen = rows.values[fold.unseen]
    y, margins = rows.y[fold.unseen], estimator.margins(unseen)
    loss = log_losses(y, _log_odds(margins, fitter.algorithm.TRAITS.scale))
    groups = accepted_by_group(margins, rows.protected[fold.unseen])
    return FoldFigures(
        auc_of(y, margins), float(loss.mean()), estimator.rounds, groups, effective_settings(settings, estimator)
    )


def _fitted(rows: Rows, fold: Fold, fitter: Fitter) -> tuple[Estimator, Any]:
    """With its settings, of the algorithm's own type."""
    stops = fitter.algorithm.TRAITS.stops_early and rows.y[fold.stopping].sum() >= MIN_STOPPING_BADS
    training = _sample(rows, fold.training if stops else fold.seen)
    settings = fitter.settings_for(training, stopping=bool(stops))
    return fitter.estimator(training, _sample(rows, fold.stopping) if stops else None, settings), settings


def _sample(rows: Rows, chosen: Indices) -> Sample:
    return Sample(rows.values[chosen], rows.y[chosen])


def _log_odds(margins: Floats, scale: str) -> Floats:
    if scale == "log_odds_default":
        return margins
    clipped = np.clip(margins, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(clipped) - np.log1p(-clipped), dtype=np.float64)
