"""Columns of bytes that a row becomes before trees see it, and what each node asks of its column."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forest.engine import Floats, ForestError
from forest.reading_bounds import category_bounds, upper_bounds
from forest.trees import FlatTrees, Indices

Places = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.int8]

BLOCK = 255
"""Thresholds that one column tells apart: a rank is 0 to 255."""
_LOWEST, _HIGHEST = -128, 127
_MOST_COLUMNS = 2**23
_LARGEST_TABLES = 2**28


@dataclass(frozen=True)
class Search:
    """The bounds of the splits on one feature; a number's position is how many of them are below it."""

    feature: int
    bounds: Floats
    """float64 [bounds], rising."""


@dataclass(frozen=True)
class Column:
    """A byte made of a position in a search: a rank among 255 thresholds, or an entry of a table."""

    search: int
    start: int
    """Thresholds before the column's first: the byte is position - start, held within [0, 255], minus 128."""
    missing: int
    """The byte of a missing value."""
    table: Bytes | None = None
    """int8 [bounds + 1], the byte of each position, where the column is of a set of categories."""


@dataclass(frozen=True)
class RankColumns:
    """Node n goes right where the byte of column `node_column[n]` is above `node_rank[n]`."""

    searches: tuple[Search, ...]
    columns: tuple[Column, ...]
    """By search."""
    node_column: Indices
    """int32 [nodes]."""
    node_rank: Bytes
    """int8 [nodes]."""


def rank_columns(trees: FlatTrees) -> RankColumns:
    """The columns of flat trees.

    Raises:
        ForestError: where there would be more of them than can be numbered, or their tables would fill the memory.
    """
    searches: list[Search] = []
    columns: list[Column] = []
    node_column = np.zeros(len(trees.node_feature), np.int32)
    node_rank = np.zeros(len(trees.node_feature), np.int8)
    for nodes in _by_search(trees):
        add = _add_numeric if trees.node_set[nodes[0]] < 0 else _add_sets
        search, found, node_column[nodes], node_rank[nodes] = add(trees, nodes, (len(searches), len(columns)))
        searches.append(search)
        columns.extend(found)
        if len(columns) > _MOST_COLUMNS:
            raise ForestError(f"the model has more than {_MOST_COLUMNS} columns of thresholds")
    return RankColumns(tuple(searches), tuple(columns), node_column, node_rank)


def _by_search(trees: FlatTrees) -> list[Places]:
    """The nodes that ask for numbers of a feature, and those that ask for its categories, feature by feature."""
    key = 2 * trees.node_feature.astype(np.int64) + (trees.node_set >= 0)
    order = np.argsort(key, kind="stable")
    return [nodes for nodes in np.split(order, np.flatnonzero(np.diff(key[order])) + 1) if len(nodes)]


_Added = tuple[Search, list[Column], Places, Bytes]


def _add_numeric(trees: FlatTrees, nodes: Places, counts: tuple[int, int]) -> _Added:
    """The search of one feature's thresholds; columns by the way of a missing value and the block of thresholds."""
    search, first_column = counts
    limits = upper_bounds(trees.node_threshold[nodes], trees.reading, strict=trees.strict)
    bounds, place = np.unique(limits, return_inverse=True)
    block, rank = np.divmod(place, BLOCK)
    keys, column = np.unique(2 * block + trees.node_default_left[nodes], return_inverse=True)
    columns = [
        Column(search=search, start=int(key) // 2 * BLOCK, missing=_LOWEST if key % 2 else _HIGHEST) for key in keys
    ]
    ranks = (rank + _LOWEST).astype(np.int8)
    return Search(int(trees.node_feature[nodes[0]]), bounds), columns, first_column + column, ranks


def _add_sets(trees: FlatTrees, nodes: Places, counts: tuple[int, int]) -> _Added:
    """The search of one feature's categories; a column of 0 and 1 for each set and way of a missing value."""
    search, first_column = counts
    asked = np.stack([trees.node_set[nodes], trees.node_set_right[nodes], trees.node_default_left[nodes]], axis=1)
    keys, column = np.unique(asked, axis=0, return_inverse=True)
    sets = [trees.set_category[trees.set_start[key[0]] : trees.set_start[key[0] + 1]] for key in keys]
    limits = [category_bounds(categories, trees.reading, single=trees.single) for categories in sets]
    bounds = np.unique(np.concatenate([part[can_be] for lower, upper, can_be in limits for part in (lower, upper)]))
    if len(keys) * (len(bounds) + 1) > _LARGEST_TABLES:
        raise ForestError(f"the model's sets of categories of column {trees.node_feature[nodes[0]]} are too many")
    columns = []
    for (_, members_right, default_left), (_, upper, can_be) in zip(keys, limits, strict=True):
        table = np.full(len(bounds) + 1, 0 if members_right else 1, np.int8)
        table[np.searchsorted(bounds, upper[can_be])] = members_right
        columns.append(Column(search=search, start=0, missing=int(not default_left), table=table))
    ranks = np.zeros(len(nodes), np.int8)
    return Search(int(trees.node_feature[nodes[0]]), bounds), columns, first_column + column.reshape(-1), ranks
