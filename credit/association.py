"""How far one column tells another: a feature that tells a protected column may stand in for it (a proxy)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from credit.groups import NOT_GIVEN, Protected
from credit.portfolios import Feature, FeatureKind

Floats = npt.NDArray[np.float64]

MOST_ROWS = 50_000
"""Rows that associations are taken from at most: their standard error is then below 0.005."""
RANKS = "rank correlation ratio"
CODES = "Cramér's V"


@dataclass(frozen=True, slots=True)
class Association:
    """Of a feature with the groups of a protected column."""

    feature: str
    column: str
    measure: str
    association: float
    """From 0, none, to 1: the one tells the other."""


def associations(features: Sequence[Feature], values: Floats, protected: Protected) -> tuple[Association, ...]:
    """Of each feature (`values` `[n, d]`) with each protected column, the strongest first.

    Rows without a group do not count; a missing value counts as a value of its own, below all numbers.
    """
    found = []
    for groups in protected.columns:
        given = groups.codes != NOT_GIVEN
        codes = groups.codes[given].astype(np.int64)
        for place, feature in enumerate(features):
            categorical = feature.kind is FeatureKind.CATEGORICAL
            measure = cramers_v if categorical else rank_correlation_ratio
            size = measure(np.nan_to_num(values[given, place], nan=-np.inf), codes)
            found.append(Association(feature.name, groups.column, CODES if categorical else RANKS, size))
    return tuple(sorted(found, key=lambda one: -one.association))


def closest(found: Sequence[Association]) -> tuple[Association, ...]:
    """Of each protected column the strongest, given the strongest first."""
    best: dict[str, Association] = {}
    for one in found:
        best.setdefault(one.column, one)
    return tuple(best.values())


def proxy_line(proxies: Sequence[Association], strongest: Sequence[Association], above: float) -> str:
    """In words which features may stand in for a protected column; where none may, the strongest of each column."""
    if proxies:
        return f"may stand in for a protected column (association above {above:g}): {_listed(proxies, above)}"
    strongest_of = _listed(strongest, above)
    return f"no feature has an association above {above:g} with a protected column; the strongest: {strongest_of}"


def _listed(found: Sequence[Association], above: float) -> str:
    return ", ".join(
        f"{one.feature} for {one.column} ({one.measure} {_shown(one.association, above)})" for one in found
    )


def _shown(size: float, above: float) -> str:
    """Two digits, or as many as tell which side of the limit it is on."""
    texts = (f"{size:.{digits}f}" for digits in range(2, 7))
    return next((text for text in texts if float(text) != above), f"{size:.6f}")


def rank_correlation_ratio(values: npt.NDArray[Any], groups: npt.NDArray[np.int64]) -> float:
    """Root of the share of the variance of the values' ranks that lies between groups, without its bias.

    The share is H / (n - 1) of Kruskal and Wallis (JASA 47, 1952), eta squared of the ranks; less what chance gives, it
    is epsilon squared (Kelley, PNAS 21, 1935). Of two groups it is the size of Spearman's correlation with the group.
    Ranks, since a tree reads no more of a number, and amounts have long tails.
    """
    ranks, groups = _ranks(values), np.unique(groups, return_inverse=True)[1]
    n, k = len(ranks), int(groups.max(initial=-1)) + 1
    whole = float(np.square(ranks - ranks.mean()).sum()) if n else 0.0
    if k < 2 or n <= k or not whole:
        return 0.0
    sizes = np.bincount(groups)
    means = np.bincount(groups, weights=ranks) / sizes
    between = float((sizes * np.square(means - ranks.mean())).sum()) / whole
    return float(np.sqrt(max(0.0, 1 - (1 - between) * (n - 1) / (n - k))))


def cramers_v(values: npt.NDArray[Any], groups: npt.NDArray[np.int64]) -> float:
    """Cramér's V of two columns of codes, without its bias (Bergsma, J. Korean Stat. Soc. 42, 2013)."""
    rows, columns = (np.unique(codes, return_inverse=True)[1] for codes in (values, groups))
    n, r, k = len(rows), int(rows.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1
    if min(r, k) < 2:
        return 0.0
    counts = np.bincount(rows * k + columns, minlength=r * k).reshape(r, k)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / n
    phi2 = max(0.0, float((np.square(counts - expected) / expected).sum()) / n - (k - 1) * (r - 1) / (n - 1))
    smaller = min(size - (size - 1) ** 2 / (n - 1) for size in (r, k)) - 1
    return float(np.sqrt(phi2 / smaller)) if smaller > 0 else 0.0


def _ranks(values: npt.NDArray[Any]) -> Floats:
    """Ranks from 1, equal values the mean of theirs."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[places], dtype=np.float64)
