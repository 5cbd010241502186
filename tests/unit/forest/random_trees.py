"""Random flat trees, with all that a path can be: short, long, over the same feature again, where no row ever was."""

from dataclasses import dataclass, field

import numpy as np

from forest.engine import Floats
from forest.trees import FlatTrees, Reading

WIDTH = 6
CATEGORIES = 12
CATEGORICAL = 5
"""The feature that is asked for its category; the others are numbers on a grid, so that they meet thresholds."""
GRID = np.arange(-4, 5) / 2


@dataclass
class _Grown:
    node_feature: list[int] = field(default_factory=list)
    node_threshold: list[float] = field(default_factory=list)
    node_left: list[int] = field(default_factory=list)
    node_right: list[int] = field(default_factory=list)
    node_cover: list[float] = field(default_factory=list)
    node_set: list[int] = field(default_factory=list)
    leaf_value: list[float] = field(default_factory=list)
    leaf_cover: list[float] = field(default_factory=list)


def random_trees(
    rng: np.random.Generator, *, trees: int = 5, depth: int = 6, zero_covers: bool = False, divisor: int = 1
) -> FlatTrees:
    sets = [np.sort(rng.choice(CATEGORIES, size=4, replace=False)) for _ in range(3)]
    grown = [_grow(rng, depth=depth, zero_covers=zero_covers, sets=len(sets)) for _ in range(trees)]
    nodes = sum(len(tree.node_feature) for tree in grown)

    def joined(name: str, dtype: type) -> np.ndarray:
        return np.array([number for tree in grown for number in getattr(tree, name)], dtype)

    return FlatTrees(
        width=WIDTH,
        reading=Reading.AS_GIVEN,
        strict=bool(rng.random() < 0.5),
        single=False,
        divisor=divisor,
        base_score=float(rng.normal()),
        node_start=np.cumsum([0, *(len(tree.node_feature) for tree in grown)]).astype(np.int32),
        leaf_start=np.cumsum([0, *(len(tree.leaf_value) for tree in grown)]).astype(np.int32),
        node_feature=joined("node_feature", np.int32),
        node_threshold=joined("node_threshold", np.float64),
        node_default_left=rng.random(nodes) < 0.5,
        node_left=joined("node_left", np.int32),
        node_right=joined("node_right", np.int32),
        node_cover=joined("node_cover", np.float64),
        node_set=joined("node_set", np.int32),
        node_set_right=(joined("node_set", np.int32) >= 0) & (rng.random(nodes) < 0.5),
        set_start=np.cumsum([0, *map(len, sets)]).astype(np.int64),
        set_category=np.concatenate(sets).astype(np.uint32),
        leaf_value=joined("leaf_value", np.float64),
        leaf_cover=joined("leaf_cover", np.float64),
    )


def random_rows(rng: np.random.Generator, count: int) -> Floats:
    rows = rng.choice([*GRID, np.nan, np.inf, -np.inf], size=(count, WIDTH))
    rows[:, CATEGORICAL] = rng.choice([*range(-1, CATEGORIES + 2), 0.5, 3.7, np.nan, 1e12], size=count)
    return rows


def _grow(rng: np.random.Generator, *, depth: int, zero_covers: bool, sets: int) -> _Grown:
    tree = _Grown()

    def grow(level: int, cover: float) -> int:
        if level == depth or rng.random() < 0.1:
            tree.leaf_value.append(float(rng.normal()))
            tree.leaf_cover.append(cover)
            return ~(len(tree.leaf_value) - 1)
        node = len(tree.node_feature)
        feature = int(rng.integers(WIDTH))
        is_set = feature == CATEGORICAL
        tree.node_feature.append(feature)
        tree.node_threshold.append(0.0 if is_set else float(rng.choice(GRID)))
        tree.node_set.append(int(rng.integers(sets)) if is_set else -1)
        tree.node_cover.append(cover)
        tree.node_left.append(0)
        tree.node_right.append(0)
        left = float(rng.integers(0 if zero_covers else 1, int(cover))) if cover > 1 else cover
        if zero_covers and rng.random() < 0.2:
            left = float(rng.choice([0.0, cover]))
        tree.node_left[node] = grow(level + 1, left)
        # Where one row is left of no zero covers, both sides get it: covers need not add up.
        tree.node_right[node] = grow(level + 1, max(cover - left, 0.0 if zero_covers else 1.0))
        return node

    grow(0, 1000.0)
    return tree
