"""The cluster bootstrap: whole users are drawn with replacement, since rows of one user are not independent."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trainer.arrays import Floats, Indices

REPLICATES = 1000
_ELEMENTS_AT_ONCE = 4_000_000  # 32 MB an array


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and its 95 % interval: percentiles of a bootstrap, unless the measure has one of its own."""

    estimate: float
    lower: float
    upper: float

    def __str__(self) -> str:
        return f"{self.estimate:.4f} [{self.lower:.4f}, {self.upper:.4f}]"


def codes_of(users: np.ndarray) -> Indices:
    """Users as codes 0 to k - 1."""
    return np.asarray(np.unique(users, return_inverse=True)[1], dtype=np.int64)


def draw_weights(users: Indices, rng: np.random.Generator, replicates: int = REPLICATES) -> Iterator[Floats]:
    """How often each row is drawn in each replicate, in chunks `[b, n]` of at most about 4 million elements.

    `users` are codes 0 to k - 1. Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 8.6.
    """
    clusters = int(users.max()) + 1
    at_once = max(1, _ELEMENTS_AT_ONCE // max(len(users), clusters))
    for first in range(0, replicates, at_once):
        chunk = min(at_once, replicates - first)
        draws = rng.integers(clusters, size=(chunk, clusters)) + np.arange(chunk)[:, None] * clusters
        counts = np.bincount(draws.ravel(), minlength=chunk * clusters).reshape(chunk, clusters)
        yield counts.astype(np.float64)[:, users]


def interval(estimate: float, replicates: Floats) -> Interval:
    """The estimate with the 2.5 % and 97.5 % quantiles of its replicates.

    Replicates in which the measure is undefined (NaN: no bad row was drawn) are left out.
    """
    defined = replicates[np.isfinite(replicates)]
    if not len(defined):
        return Interval(estimate, float("nan"), float("nan"))
    lower, upper = np.quantile(defined, [0.025, 0.975])
    return Interval(float(estimate), float(lower), float(upper))
