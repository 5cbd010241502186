"""A tree ensemble as flat arrays: what every engine of ours computes from."""

from dataclasses import dataclass, fields
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from forest.engine import Floats, ForestError

Indices = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


class Reading(StrEnum):
    """What a library does to a number of a row before its trees see it."""

    AS_GIVEN = "as given"
    """Nothing (scikit-learn's histogram boosting)."""
    FLOAT32 = "float32"
    """Rounded to the nearest float32 (XGBoost, scikit-learn's forests)."""
    LIGHTGBM = "lightgbm"
    """Zero where it is as small as LightGBM's zero; a category truncated toward 0 (`forest.lightgbm_reading`)."""


@dataclass(frozen=True)
class FlatTrees:
    """Trees of one output. Arrays are C-contiguous and read-only, and were checked: no index leaves its range.

    Inner nodes of tree t are `node_start[t]` to `node_start[t + 1]` in pre-order, its leaves `leaf_start[t]` to
    `leaf_start[t + 1]` from left to right. A tree without inner nodes has one leaf. A number x goes left where
    x <= threshold (x < threshold if `strict`), a category where it is in the node's set (or right, if
    `node_set_right`), a missing value where `node_default_left` says.
    """

    width: int
    """Features of the model."""
    reading: Reading
    strict: bool
    """Numbers are compared with `<`, not with `<=`."""
    single: bool
    """Leaves are added in float32, not in float64, in the order of the trees."""
    divisor: int
    """The sum of the leaves is divided by it: the number of trees where they are averaged, else 1."""
    base_score: float
    """Added after the division."""
    node_start: Indices
    """int32 [trees + 1]."""
    leaf_start: Indices
    """int32 [trees + 1]."""
    node_feature: Indices
    """int32 [nodes] in [0, width)."""
    node_threshold: Floats
    """float64 [nodes], not NaN; 0 where the node asks for a category."""
    node_default_left: Flags
    """bool [nodes]."""
    node_left: Indices
    """int32 [nodes]: an inner node of the same tree, counted from `node_start`, or ~leaf, counted from `leaf_start`."""
    node_right: Indices
    """int32 [nodes], as `node_left`."""
    node_cover: Floats
    """float64 [nodes], not below 0: training rows, or their weight, that came through (what the library's TreeSHAP
    weighs its branches by: LightGBM's counts, XGBoost's Hessians, scikit-learn's weighted samples)."""
    node_set: Indices
    """int32 [nodes]: the set of categories that the node asks for, or -1."""
    node_set_right: Flags
    """bool [nodes]: members of the set go right."""
    set_start: npt.NDArray[np.int64]
    """int64 [sets + 1] into `set_category`."""
    set_category: npt.NDArray[np.uint32]
    """uint32, rising within a set."""
    leaf_value: Floats
    """float64 [leaves], finite; float32 numbers if `single`."""
    leaf_cover: Floats
    """float64 [leaves], as `node_cover`."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(array := getattr(self, field.name), np.ndarray):
                object.__setattr__(self, field.name, np.ascontiguousarray(array))
                getattr(self, field.name).flags.writeable = False
        _check_types(self)
        _check_counts(self)
        _check_children(self)
        _check_numbers(self)
        _check_sets(self)

    @property
    def tree_count(self) -> int:
        """Number of trees, at least 1."""
        return len(self.node_start) - 1

    @property
    def node_tree(self) -> Indices:
        """The tree of each inner node, int32 [nodes]."""
        return np.repeat(np.arange(self.tree_count, dtype=np.int32), np.diff(self.node_start))


_TYPES = {
    **dict.fromkeys(("node_start", "leaf_start", "node_feature", "node_left", "node_right", "node_set"), np.int32),
    **dict.fromkeys(("node_threshold", "node_cover", "leaf_value", "leaf_cover"), np.float64),
    **dict.fromkeys(("node_default_left", "node_set_right"), np.bool_),
    "set_start": np.int64,
    "set_category": np.uint32,
}


def _require(condition: object, message: str) -> None:
    if not condition:
        raise ForestError(f"the trees are not sound: {message}")


def _check_types(trees: FlatTrees) -> None:
    for name, dtype in _TYPES.items():
        array = getattr(trees, name)
        _require(array.dtype == dtype and array.ndim == 1, f"{name} must be {np.dtype(dtype)} of one dimension")


def _check_counts(trees: FlatTrees) -> None:
    nodes, leaves = len(trees.node_feature), len(trees.leaf_value)
    _require(0 < trees.width < 2**31, f"{trees.width} features")
    _require(trees.divisor > 0 and np.isfinite(trees.base_score), "divisor or base score")
    for name in _TYPES:
        length = leaves if name.startswith("leaf_") else nodes
        if not name.startswith("set_") and not name.endswith("_start"):
            _require(len(getattr(trees, name)) == length, f"{name} has not {length} entries")
    for name, start, total in (("node", trees.node_start, nodes), ("leaf", trees.leaf_start, leaves)):
        _require(len(start) > 1 and start[0] == 0 and start[-1] == total, f"{name}_start")
        _require((np.diff(start) >= 0).all(), f"{name}_start falls")
    same = np.array_equal(np.diff(trees.leaf_start), np.diff(trees.node_start) + 1)
    _require(same, "a tree has not one leaf more than inner nodes")


def _check_children(trees: FlatTrees) -> None:
    # In pre-order a child comes after its parent; each inner node but the root and each leaf is a child once.
    tree = trees.node_tree
    place = np.arange(len(tree)) - trees.node_start[tree]
    used_nodes = [trees.node_start[:-1][np.diff(trees.node_start) > 0].astype(np.int64)]
    used_leaves = [trees.leaf_start[:-1][np.diff(trees.node_start) == 0].astype(np.int64)]
    for child in (trees.node_left, trees.node_right):
        inner = child >= 0
        _require((child[inner] > place[inner]).all(), "a child comes before its parent")
        used_nodes.append(child[inner].astype(np.int64) + trees.node_start[tree[inner]])
        used_leaves.append(~child[~inner].astype(np.int64) + trees.leaf_start[tree[~inner]])
        _require((used_nodes[-1] < trees.node_start[tree[inner] + 1]).all(), "a child is of another tree")
        _require((used_leaves[-1] < trees.leaf_start[tree[~inner] + 1]).all(), "a leaf is of another tree")
    _require(_is_each_once(used_nodes, len(tree)), "an inner node has not one parent")
    _require(_is_each_once(used_leaves, len(trees.leaf_value)), "a leaf has not one parent")


def _is_each_once(used: list[npt.NDArray[np.int64]], count: int) -> bool:
    return np.array_equal(np.sort(np.concatenate(used)), np.arange(count))


def _check_numbers(trees: FlatTrees) -> None:
    features = trees.node_feature
    _require(((features >= 0) & (features < trees.width)).all(), f"a feature is not among {trees.width}")
    _require(not np.isnan(trees.node_threshold).any(), "a threshold is NaN")
    _require(not (trees.strict and np.isneginf(trees.node_threshold).any()), "a threshold that nothing is below")
    _require(np.isfinite(trees.leaf_value).all(), "a leaf is not finite")
    for cover in (trees.node_cover, trees.leaf_cover):
        _require((np.isfinite(cover) & (cover >= 0)).all(), "a cover is below 0 or not finite")
    if trees.single:
        _require(trees.reading is Reading.FLOAT32, f"trees of float32 read {trees.reading.value}")
        with np.errstate(over="ignore"):
            _require((trees.leaf_value.astype(np.float32) == trees.leaf_value).all(), "a leaf is no float32")


def _check_sets(trees: FlatTrees) -> None:
    start, categories = trees.set_start, trees.set_category
    _require(len(start) and start[0] == 0 and start[-1] == len(categories), "set_start")
    _require((np.diff(start) >= 0).all(), "set_start falls")
    _require(((trees.node_set >= -1) & (trees.node_set < len(start) - 1)).all(), "a node's set is not there")
    rises = np.diff(categories.astype(np.int64)) > 0
    rises[start[1:-1][(start[1:-1] > 0) & (start[1:-1] < len(categories))] - 1] = True
    _require(rises.all(), "a set of categories does not rise")
