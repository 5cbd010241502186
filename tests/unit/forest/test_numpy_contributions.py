"""The formula against the definition of Shapley values, and against libraries."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest

from forest.engine import Floats, ForestError
from forest.leaf_paths import branch_shares
from forest.node_outcomes import goes_right
from forest.numpy_contributions import NumpyContributions
from forest.treelite_engine import checkpoint_of_lightgbm, read_checkpoint
from forest.treelite_trees import flat_trees
from forest.trees import FlatTrees, Reading
from tests.unit.forest import random_trees as random
from tests.unit.forest.small_models import small_model


def test_contributions_are_shapley_values_of_the_path_dependent_game():
    rng = np.random.default_rng(1)
    for zero_covers in (False, True):
        trees = random.random_trees(rng, depth=5, zero_covers=zero_covers, divisor=3)
        rows = random.random_rows(rng, 4)
        expected = np.array([_shapley_values(trees, row) for row in rows])
        np.testing.assert_allclose(NumpyContributions(trees).contributions(rows), expected, rtol=0, atol=1e-12)


def test_contributions_are_lightgbms():
    model = small_model(3, categorical=(1, 3), num_leaves=31)
    trees = flat_trees(read_checkpoint(checkpoint_of_lightgbm(model.text)), Reading.LIGHTGBM)
    expected = model.booster.predict(model.rows[:40], pred_contrib=True, num_threads=1)
    np.testing.assert_allclose(NumpyContributions(trees).contributions(model.rows[:40]), expected, rtol=0, atol=1e-12)


def test_many_rows_are_worked_on_in_blocks(monkeypatch):
    rng = np.random.default_rng(2)
    trees, rows = random.random_trees(rng), random.random_rows(rng, 23)
    expected = NumpyContributions(trees).contributions(rows)
    monkeypatch.setattr("forest.numpy_contributions._LARGEST_BLOCK", 2000)
    np.testing.assert_array_equal(NumpyContributions(trees).contributions(rows), expected)


def test_no_rows_and_wrong_rows():
    trees = NumpyContributions(random.random_trees(np.random.default_rng(3)))
    assert trees.contributions(np.empty((0, random.WIDTH))).shape == (0, random.WIDTH + 1)
    with pytest.raises(ForestError, match="must have shape"):
        trees.contributions(np.zeros((1, random.WIDTH + 1)))


def _shapley_values(trees: FlatTrees, row: Floats) -> Floats:
    """By their definition, over all sets of features."""
    players = range(trees.width)
    right = goes_right(trees, row[None])[0]
    game = {
        known: _expected(trees, right, known)
        for size in range(trees.width + 1)
        for known in combinations(players, size)
    }
    values = np.zeros(trees.width + 1)
    for known, worth in game.items():
        for player in set(players) - set(known):
            order = factorial(len(known)) * factorial(trees.width - len(known) - 1) / factorial(trees.width)
            values[player] += order * (game[tuple(sorted((*known, player)))] - worth)
    values[-1] = game[()]
    return values


def _expected(trees: FlatTrees, right: Floats, known: tuple[int, ...]) -> float:
    shares = branch_shares(trees)

    def below(tree: int, node: int) -> float:
        if node < 0:
            return float(trees.leaf_value[trees.leaf_start[tree] + ~node])
        place = trees.node_start[tree] + node
        children = (trees.node_left[place], trees.node_right[place])
        if trees.node_feature[place] in known:
            return below(tree, children[int(right[place])])
        return sum(share * below(tree, child) for share, child in zip(shares[place], children, strict=True))

    total = 0.0
    for tree in range(trees.tree_count):
        total += below(tree, 0 if trees.node_start[tree] < trees.node_start[tree + 1] else -1)
    return total / trees.divisor + trees.base_score
