"""Exact contributions in NumPy, straight from the formula: slow, short, and what the native kernel is proved against.

A tree is the sum over its leaves of value times the product, over the distinct features of the leaf's path, of an
indicator o: 1 where the row meets all that the path asks of the feature, else 0. Path-dependent TreeSHAP puts z in its
place for a feature that is not known, the part of the training rows that went that way (Lundberg et al. 2020, Nature
Machine Intelligence 2, algorithm 1). The Shapley value of a product game is the integral of its multilinear extension
along the diagonal (Owen 1972, Management Science 18), so that feature i gets of each leaf

    value · (o_i - z_i) · ∫₀¹ Π_{j≠i} (t·o_j + (1 - t)·z_j) dt,

a polynomial in t of degree m - 1 for a path of m features, which ⌈m/2⌉ Gauss-Legendre points integrate exactly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forest.engine import Floats, checked_rows
from forest.leaf_paths import LeafPaths, Places, leaf_paths
from forest.node_outcomes import goes_right
from forest.quadrature import gauss_legendre
from forest.trees import Flags, FlatTrees

_LARGEST_BLOCK = 2**21
"""Edges of paths times rows that are worked on at once (tens of MB)."""


@dataclass(frozen=True)
class NumpyContributions:
    """Contributions of flat trees, of any library."""

    trees: FlatTrees

    def contributions(self, rows: Floats) -> Floats:
        """Path-dependent TreeSHAP float64 [n, width + 1], base value last, for rows float64 [n, width].

        Raises:
            ForestError: where the rows are not float64 [n, width].
        """
        checked = checked_rows(rows, self.trees.width)
        contributions = np.zeros((len(checked), self.trees.width + 1))
        size = max(1, _LARGEST_BLOCK // max(1, len(self._paths.edge_node)))
        for first in range(0, len(checked), size):
            self._add(checked[first : first + size], contributions[first : first + size])
        contributions /= self.trees.divisor
        contributions[:, -1] = self.base_value
        return contributions

    @cached_property
    def base_value(self) -> float:
        """The mean margin of the training rows, as the covers weigh them."""
        of_leaf = self.trees.leaf_value.copy()
        np.multiply.at(of_leaf, self._paths.factor_leaf, self._paths.factor_share)
        return float(np.sum(of_leaf)) / self.trees.divisor + self.trees.base_score

    @cached_property
    def _paths(self) -> LeafPaths:
        return leaf_paths(self.trees)

    def _add(self, rows: Floats, contributions: Floats) -> None:
        is_met = _is_met(self._paths, goes_right(self.trees, rows))
        for factors in _by_length(self._paths):
            leaf, feature = self._paths.factor_leaf[factors[:, 0]], self._paths.factor_feature[factors]
            credit = self.trees.leaf_value[leaf][:, None] * _unit_credit(
                is_met[:, factors], self._paths.factor_share[factors]
            )
            for row, parts in zip(contributions, credit, strict=True):
                row[:-1] += np.bincount(feature.reshape(-1), parts.reshape(-1), minlength=len(row) - 1)


def _is_met(paths: LeafPaths, right: Flags) -> Flags:
    """Whether each row meets all that each path asks of each of its features, bool [n, factors]."""
    if not len(paths.edge_start):
        return np.empty((len(right), 0), np.bool_)
    return np.logical_and.reduceat(right[:, paths.edge_node] == paths.edge_is_right, paths.edge_start, axis=1)


def _by_length(paths: LeafPaths) -> Iterator[Places]:
    """The factors of the leaves whose paths have m features, int64 [leaves, m], for each m."""
    first = np.flatnonzero(np.diff(paths.factor_leaf, prepend=-1))
    lengths = np.diff(np.append(first, len(paths.factor_leaf)))
    for length in np.unique(lengths):
        yield first[lengths == length][:, None] + np.arange(length)


def _unit_credit(is_met: Flags, share: Floats) -> Floats:
    """What each feature of a path gets of a leaf of value 1, float64 [n, leaves, m]."""
    integral = np.zeros(is_met.shape)
    for place, weight in zip(*gauss_legendre((share.shape[-1] + 1) // 2), strict=True):
        factors = place * is_met + (1 - place) * share
        integral += weight * _product_of_others(factors)
    return (is_met - share) * integral


def _product_of_others(factors: Floats) -> Floats:
    """For each entry of the last axis the product of the others; a factor may be 0."""
    before, after = np.ones_like(factors), np.ones_like(factors)
    np.multiply.accumulate(factors[..., :-1], axis=-1, out=before[..., 1:])
    np.multiply.accumulate(factors[..., :0:-1], axis=-1, out=after[..., -2::-1])
    return before * after
