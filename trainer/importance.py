"""How much each metric matters to a model, and in which direction towards repayment."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from credit.portfolios import Direction, Feature, FeatureKind
from trainer.algorithm import Weights
from trainer.arrays import Floats

COEFFICIENT = "coefficient"
"""The figure of a linear model: of the standardised metric, towards default."""

_NO_TREND = 0.1  # rank correlation within which a metric has no one direction


@dataclass(frozen=True, slots=True)
class Importance:
    """One metric's weight in a model.

    `mean_contribution` is the mean of |SHAP| on the calibration's scale; `share` is its part of all metrics' sum;
    `weight` is the algorithm's own figure, named by `figure`. Directions are towards repayment.
    """

    metric: str
    mean_contribution: float
    share: float
    weight: float
    figure: str
    declared: Direction
    observed: Direction
    enforced: bool
    """The model is monotone in the declared direction by construction."""

    @property
    def wording(self) -> str:
        """What more of the metric does, in words.

        A coefficient's sign says it by itself. A declared direction that holds by construction holds, whatever a few
        rows seem to show.
        """
        if self.figure == COEFFICIENT:
            risk = {1: "increases default risk", -1: "decreases default risk"}
            return risk.get(int(np.sign(self.weight)), "is not used")
        words = {1: "increases repayment probability", -1: "decreases repayment probability", 0: "has no trend"}
        direction = self.declared if self.enforced else self.observed
        return words[direction] if self.share else "is not used"


def rank_importance(
    features: Sequence[Feature], rows: Floats, contributions: Floats, weights: Weights, *, monotone: bool
) -> tuple[Importance, ...]:
    """Metrics from the most to the least important: by the size of their coefficient, or of their contributions.

    `rows` and `contributions` (SHAP values towards default) are `[n, d]`; `monotone` says that declared directions hold
    by construction.
    """
    size = np.abs(contributions).mean(axis=0)
    total = max(float(size.sum()), np.finfo(float).tiny)
    found = [
        Importance(
            metric=feature.name,
            mean_contribution=float(size[j]),
            share=float(size[j] / total),
            weight=float(weights.values[j]),
            figure=weights.figure,
            declared=feature.direction,
            observed=_observed(feature, rows[:, j], contributions[:, j]),
            enforced=monotone and feature.direction != 0,
        )
        for j, feature in enumerate(features)
    ]
    return tuple(sorted(found, key=_rank))


def _observed(feature: Feature, values: Floats, contributions: Floats) -> Direction:
    # The codes of categories have no order.
    return 0 if feature.kind is FeatureKind.CATEGORICAL else observed_direction(values, contributions)


def _rank(one: Importance) -> tuple[float, str]:
    return -(abs(one.weight) if one.figure == COEFFICIENT else one.mean_contribution), one.metric


def observed_direction(values: Floats, contributions: Floats) -> Direction:
    """+1 where more of the metric goes with repayment, -1 where with default, 0 where with neither.

    The sign of the rank correlation of values and contributions `[n]` to the log-odds of default, turned towards
    repayment; missing values are left out.
    """
    known = np.isfinite(values)
    correlation = _correlation(_ranks(values[known]), _ranks(contributions[known]))
    if correlation < -_NO_TREND:
        return 1
    return -1 if correlation > _NO_TREND else 0


def _ranks(values: Floats) -> Floats:
    """Mean ranks `[n]`, ties sharing theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], dtype=np.float64)


def _correlation(one: Floats, other: Floats) -> float:
    if len(one) < 2 or one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.mean((one - one.mean()) * (other - other.mean())) / (one.std() * other.std()))
