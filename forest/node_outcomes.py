"""Which way a row goes at every node, by plain comparisons of numbers."""

import numpy as np

from forest.engine import Floats
from forest.lightgbm_reading import as_lightgbm_reads
from forest.trees import Flags, FlatTrees, Reading

_LARGEST_CATEGORY = {False: 2.0**32 - 1, True: 2.0**24}
"""Beyond it GTIL matches no category, for float64 and for float32 trees."""


def goes_right(trees: FlatTrees, rows: Floats) -> Flags:
    """Whether each row would go right at each node if it came there, bool [n, nodes], for float64 rows [n, width]."""
    read = rows_as_read(trees, rows)
    right = np.empty((len(rows), len(trees.node_feature)), np.bool_)
    numeric = np.flatnonzero(trees.node_set < 0)
    numbers = read[:, trees.node_feature[numeric]]
    below = np.less if trees.strict else np.less_equal
    right[:, numeric] = ~below(numbers, trees.node_threshold[numeric])
    for node in np.flatnonzero(trees.node_set >= 0):
        right[:, node] = _is_member(trees, int(node), read) == trees.node_set_right[node]
    missing = np.isnan(read[:, trees.node_feature])
    return np.where(missing, ~trees.node_default_left, right)


def rows_as_read(trees: FlatTrees, rows: Floats) -> Floats:
    """The numbers that the trees see, float64 [n, width]."""
    if trees.reading is Reading.FLOAT32:
        with np.errstate(over="ignore"):
            return rows.astype(np.float32).astype(np.float64)
    if trees.reading is Reading.LIGHTGBM:
        categorical = np.unique(trees.node_feature[trees.node_set >= 0])
        return as_lightgbm_reads(rows, categorical.tolist())
    return rows


def _is_member(trees: FlatTrees, node: int, read: Floats) -> Flags:
    chosen = trees.node_set[node]
    members = trees.set_category[trees.set_start[chosen] : trees.set_start[chosen + 1]]
    numbers = read[:, trees.node_feature[node]]
    can_be = (numbers >= 0) & (numbers <= _LARGEST_CATEGORY[trees.single])
    return can_be & np.isin(np.trunc(numbers), members)
