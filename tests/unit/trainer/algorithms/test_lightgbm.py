from dataclasses import replace

import numpy as np
import pytest

from credit.portfolios import Feature, FeatureKind
from trainer.algorithm import Sample
from trainer.algorithms.lightgbm import Trees, fit, settings_for
from trainer.errors import TrainingError
from trainer.evaluation import probability

FEATURES = (
    Feature("pay", FeatureKind.NUMERIC, "currency", 1, "income"),
    Feature("overdrafts", FeatureKind.NUMERIC, "count", -1, "overdrafts"),
    Feature("noise", FeatureKind.NUMERIC, "count", 0, "activity"),
)


def draw(n: int, seed: int) -> Sample:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 3))
    y = rng.random(n) < probability(-2 - 1.2 * rows[:, 0] + 0.8 * rows[:, 1])
    rows[rng.random((n, 3)) < 0.05] = np.nan
    return Sample(rows, y.astype(np.int8))


TRAINING, STOPPING = draw(3000, 1), draw(800, 2)
SETTINGS = settings_for(TRAINING, stopping=True)


def fitted(seed: int) -> Trees:
    return fit(TRAINING, STOPPING, features=FEATURES, settings=SETTINGS, seed=seed, threads=1)


@pytest.fixture(scope="module")
def trees() -> Trees:
    return fitted(1)


def test_margins_fall_with_what_is_good_for_repayment(trees: Trees) -> None:
    grid = np.zeros((50, 3))
    for column, sign in ((0, -1), (1, 1)):
        varied = grid.copy()
        varied[:, column] = np.linspace(-3, 3, 50)
        steps = sign * np.diff(trees.margins(varied))
        assert (steps >= 0).all()
        assert steps.sum() > 0.5


def test_the_same_seed_gives_the_same_trees_and_another_seed_others(trees: Trees) -> None:
    assert trees.native == fitted(1).native != fitted(2).native


def test_early_stopping_keeps_fewer_rounds_than_it_may(trees: Trees) -> None:
    assert 5 < trees.rounds < SETTINGS.rounds
    assert trees.native.count(b"Tree=") == trees.rounds
    assert trees.weights.values[0] > trees.weights.values[2]


def test_few_rows_get_few_small_trees_and_no_early_stopping() -> None:
    small = draw(100, 3)
    settings = settings_for(small, stopping=False)
    trees = fit(small, None, features=FEATURES, settings=settings, seed=1, threads=1)
    assert (trees.rounds, settings.leaves) == (60, 4)
    assert np.isfinite(trees.margins(small.rows)).all()


def test_predicted_bads_are_about_the_observed_bads(trees: Trees) -> None:
    predicted = probability(trees.margins(STOPPING.rows)).sum()
    assert predicted == pytest.approx(STOPPING.bads, rel=0.15)


def test_a_categorical_feature_with_a_direction_is_refused() -> None:
    features = (*FEATURES[:2], replace(FEATURES[2], name="purpose", kind=FeatureKind.CATEGORICAL, direction=1))
    with pytest.raises(TrainingError, match="a category has no direction: purpose must have direction 0"):
        fit(TRAINING, None, features=features, settings=SETTINGS, seed=1, threads=1)
