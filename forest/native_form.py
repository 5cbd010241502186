"""A forest in the layout of `forest/native/forest.h`."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forest.engine import Floats
from forest.rank_columns import Column, RankColumns, rank_columns
from forest.trees import FlatTrees, Indices

Records = npt.NDArray[np.void]
Places = npt.NDArray[np.int64]

_LEVELS, _FAN = 7, 16
_BLOCK = 64
_LARGEST_TREE = 256
_WINDOW = 64

SEARCH = np.dtype(
    [
        *(("feature", "i4"), ("bounds", "i4"), ("first_column", "i4"), ("columns", "i4")),
        *(("levels", "i4"), ("unused", "i4"), ("level", "i8", _LEVELS)),
    ]
)
COLUMN = np.dtype([("start", "i8"), ("missing", "i1"), ("has_table", "i1"), ("unused", "i1", 6)])
NODE = np.dtype([("left", "i4"), ("right", "i4"), ("column", "i4"), ("rank", "i1"), ("unused", "i1", 3)])
FORK = np.dtype([("left", "u2"), ("right", "u2"), ("column", "u4")])
STEP = np.dtype([("ahead", "i4"), ("test", "u4")])

_LEAF_RANK = 127
"""No byte is above it."""


@dataclass(frozen=True)
class NativeForm:
    """The arrays of a `struct forest`, and its numbers."""

    width: int
    is_single: bool
    largest_tree: int
    """Leaves of the largest tree."""
    divisor: float
    base_score: float
    search: Records
    bounds: Floats
    column: Records
    table: npt.NDArray[np.int8]
    node_start: Indices
    leaf_start: Indices
    node: Records
    """Inner nodes in pre-order: not for the library, but what its other forms are made of."""
    fork: Records
    fork_limit: npt.NDArray[np.int8]
    step: Records
    step_value: Floats
    tree_depth: Indices
    walk_order: Indices
    leaf_value: Floats


def native_form(trees: FlatTrees) -> NativeForm:
    """The layout of flat trees.

    Raises:
        ForestError: where they have too many columns (`forest.rank_columns`).
    """
    ranks = rank_columns(trees)
    search, bounds = _searches(ranks)
    fork, fork_limit = _forks(trees, ranks)
    step, step_value, depth = _steps(trees, ranks)
    return NativeForm(
        width=trees.width,
        is_single=trees.single,
        largest_tree=int(np.diff(trees.leaf_start).max()),
        divisor=float(trees.divisor),
        base_score=trees.base_score,
        search=search,
        bounds=bounds,
        column=_columns(ranks.columns),
        table=np.concatenate([np.empty(0, np.int8), *(c.table for c in ranks.columns if c.table is not None)]),
        node_start=trees.node_start,
        leaf_start=trees.leaf_start,
        node=_nodes(trees, ranks),
        fork=fork,
        fork_limit=fork_limit,
        step=step,
        step_value=step_value,
        tree_depth=depth,
        walk_order=_walk_order(depth),
        leaf_value=trees.leaf_value,
    )


def _searches(ranks: RankColumns) -> tuple[Records, Floats]:
    """The searches, and the bounds of all their levels."""
    records = np.zeros(len(ranks.searches), SEARCH)
    records["feature"] = [search.feature for search in ranks.searches]
    records["bounds"] = [len(search.bounds) for search in ranks.searches]
    records["columns"] = np.bincount([column.search for column in ranks.columns], minlength=len(records))
    records["first_column"] = _starts(records["columns"])[:-1]
    levels = [_levels(search.bounds) for search in ranks.searches]
    records["levels"] = [len(of_search) for of_search in levels]
    starts = _starts(np.array([len(level) for of_search in levels for level in of_search], np.int64))
    for record, of_search, first in zip(records, levels, _starts(records["levels"]), strict=False):
        record["level"][: len(of_search)] = starts[first : first + len(of_search)]
    return records, np.concatenate([np.empty(0), *(level for of_search in levels for level in of_search)])


def _levels(bounds: Floats) -> list[Floats]:
    """The levels of a search, the top first: a node of a level is the last bound of each of 16 nodes below."""
    padded = np.append(bounds, np.full(_FAN - len(bounds) % _FAN, np.inf))
    above = padded[_FAN - 1 :: _FAN]
    return [padded] if len(above) == 1 else [*_levels(above[:-1]), padded]


def _columns(columns: tuple[Column, ...]) -> Records:
    records = np.zeros(len(columns), COLUMN)
    sizes = np.array([0 if column.table is None else len(column.table) for column in columns], np.int64)
    records["has_table"] = sizes > 0
    records["start"] = np.where(sizes > 0, _starts(sizes)[:-1], [column.start for column in columns])
    records["missing"] = [column.missing for column in columns]
    return records


def _starts(sizes: npt.NDArray[np.integer]) -> Places:
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])


def _nodes(trees: FlatTrees, ranks: RankColumns) -> Records:
    records = np.zeros(len(trees.node_left), NODE)
    records["left"], records["right"] = trees.node_left, trees.node_right
    records["column"], records["rank"] = ranks.node_column, ranks.node_rank
    return records


def _walk_order(depth: Indices) -> Indices:
    """The trees of each window by their depth: those that are walked together end together."""
    return np.lexsort((depth, np.arange(len(depth)) // _WINDOW)).astype(np.int32)


def _forks(trees: FlatTrees, ranks: RankColumns) -> tuple[Records, npt.NDArray[np.int8]]:
    """Inner nodes by level, the deepest first, and their limits; empty ones where a tree has too many leaves."""
    fork, limit = np.zeros(len(trees.node_left), FORK), np.zeros(len(trees.node_left), np.int8)
    if np.diff(trees.leaf_start).max() > _LARGEST_TREE:
        return fork, limit
    tree = trees.node_tree
    order = np.lexsort((-_depths(trees), tree))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) - trees.node_start[tree[order]] + _LARGEST_TREE
    for side, child in (("left", trees.node_left), ("right", trees.node_right)):
        inner = place[np.where(child < 0, 0, trees.node_start[tree] + child)]
        fork[side] = (np.where(child < 0, ~child, inner) * _BLOCK)[order]
    fork["column"] = ranks.node_column[order] * _BLOCK
    limit[:] = ranks.node_rank[order] + 1
    return fork, limit


def _depths(trees: FlatTrees) -> Indices:
    """Steps from the root to each inner node, int32 [nodes]."""
    depths = np.zeros(len(trees.node_left), np.int32)
    level = trees.node_start[:-1][np.diff(trees.node_start) > 0].astype(np.int64)
    first = trees.node_start[:-1][trees.node_tree]
    while len(level):
        below = [(first + child)[level][child[level] >= 0] for child in (trees.node_left, trees.node_right)]
        depth, level = depths[level[0]] + 1, np.concatenate(below)
        depths[level] = depth
    return depths


def _steps(trees: FlatTrees, ranks: RankColumns) -> tuple[Records, Floats, Indices]:
    """The walks: steps, their values, and the number of steps to each tree's deepest leaf."""
    start = trees.node_start.astype(np.int64) + trees.leaf_start
    step, value = np.zeros(start[-1], STEP), np.zeros(start[-1])
    step["test"] = _LEAF_RANK
    depth = np.zeros(trees.tree_count, np.int32)
    used = np.ones(trees.tree_count, np.int64)
    # A level's nodes (~leaf or inner, counted in the tree), their trees and steps; trees stay together and rise.
    tree = np.arange(trees.tree_count)
    child, place = np.where(np.diff(trees.node_start) > 0, 0, -1).astype(np.int64), np.zeros(len(tree), np.int64)
    while len(child):
        leaf = child < 0
        value[(start[tree] + place)[leaf]] = trees.leaf_value[trees.leaf_start[tree[leaf]] + ~child[leaf]]
        tree, child, place = tree[~leaf], child[~leaf], place[~leaf]
        node, at = trees.node_start[tree] + child, start[tree] + place
        first = used[tree] + 2 * (np.arange(len(tree)) - np.searchsorted(tree, tree))
        step["ahead"][at] = first - place
        step["test"][at] = ranks.node_column[node].astype(np.uint32) << 8 | ranks.node_rank[node].view(np.uint8)
        used += 2 * np.bincount(tree, minlength=trees.tree_count)
        depth[np.unique(tree)] += 1
        tree, place = np.repeat(tree, 2), np.stack([first, first + 1], axis=1).reshape(-1)
        child = np.stack([trees.node_left[node], trees.node_right[node]], axis=1).reshape(-1).astype(np.int64)
    return step, value, depth
