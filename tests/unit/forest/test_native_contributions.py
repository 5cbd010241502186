"""The kernel against the formula in NumPy, and against the libraries whose models it explains."""

import json
from dataclasses import replace
from pathlib import Path

import lightgbm
import numpy as np
import pytest
import shap
import treelite
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from forest.engine import Floats, ForestError
from forest.native_engine import NativeEngine
from forest.native_library import NativeLibrary, load_native_library
from forest.numpy_contributions import NumpyContributions
from forest.treelite_engine import checkpoint_of_lightgbm, read_checkpoint
from forest.treelite_trees import flat_trees
from forest.trees import FlatTrees, Reading
from tests.unit.forest.random_trees import WIDTH, random_rows, random_trees
from tests.unit.forest.small_models import CATEGORICAL, SmallModel, hard_rows, small_model

BATCHES = (1, 2, 3, 31, 32, 33, 64, 65, 130)


@pytest.fixture(scope="module")
def library() -> NativeLibrary:
    return load_native_library()


def lightgbm_trees(model: SmallModel) -> FlatTrees:
    return flat_trees(read_checkpoint(checkpoint_of_lightgbm(model.text)), Reading.LIGHTGBM)


def bits(numbers: Floats) -> np.ndarray:
    return numbers.view(np.uint64)


def check_all_ways(trees: FlatTrees, library: NativeLibrary, rows: Floats) -> Floats:
    """The contributions, which add up, are the formula's, and the same bits by all ways and in all batches."""
    engines = [NativeEngine(trees, library, way=way) for way in library.ways]
    expected = NumpyContributions(trees).contributions(rows)
    given = engines[0].contributions(rows)
    np.testing.assert_allclose(given, expected, rtol=0, atol=1e-11)
    np.testing.assert_allclose(given.sum(axis=1), engines[0].margins(rows), rtol=0, atol=1e-9)
    for engine in engines:
        np.testing.assert_array_equal(bits(engine.contributions(rows)), bits(given))
        for size in BATCHES:
            np.testing.assert_array_equal(bits(engine.contributions(rows[:size])), bits(given[:size]))
    return given


@pytest.mark.parametrize("depth", [1, 2, 3, 5, 8, 12])
@pytest.mark.parametrize("zero_covers", [False, True])
def test_random_trees(library, depth, zero_covers):
    rng = np.random.default_rng([depth, zero_covers])
    trees = random_trees(rng, trees=4 if depth > 8 else 12, depth=depth, zero_covers=zero_covers, divisor=depth)
    check_all_ways(trees, library, random_rows(rng, 130))


@pytest.mark.parametrize("features", range(1, 24))
def test_paths_of_any_number_of_features(library, features):
    check_all_ways(chain(features), library, np.random.default_rng(features).normal(size=(130, features)))


def test_deep_trees(library):
    check_all_ways(chain(7, length=400), library, np.random.default_rng(1).normal(size=(66, 7)))


def test_trees_of_one_leaf_are_in_the_base_value_only(library):
    stump = chain(1)
    nodes = {name: array[:0] for name, array in vars(stump).items() if name.startswith("node_")}
    starts = {"node_start": np.zeros(3, np.int32), "leaf_start": np.arange(3, dtype=np.int32)}
    one = replace(stump, **{**nodes, **starts}, leaf_value=np.array([0.25, 2.0]), leaf_cover=np.ones(2))
    np.testing.assert_array_equal(check_all_ways(one, library, np.zeros((3, 1))), [[0.0, 2.25]] * 3)


@pytest.mark.parametrize(
    ("categorical", "parameters"),
    [
        ((), {}),
        (CATEGORICAL, {"num_leaves": 63, "min_data_in_leaf": 3}),
        (CATEGORICAL, {"max_cat_to_onehot": 64, "max_depth": 3}),
        ((), {"boosting": "dart", "num_leaves": 2}),
        ((), {"use_missing": False}),
    ],
)
def test_contributions_are_lightgbms_to_1e_9(library, categorical, parameters):
    model = small_model(len(parameters), categorical=categorical, **parameters)
    rows = hard_rows(model, np.random.default_rng(7))[::23]
    given = check_all_ways(lightgbm_trees(model), library, rows)
    np.testing.assert_allclose(given, model.booster.predict(rows, pred_contrib=True), rtol=0, atol=1e-9)


def test_a_lightgbm_model_that_learned_nothing(library):
    rows = np.zeros((40, 2))
    booster = lightgbm.train(
        {"objective": "binary", "verbosity": -1}, lightgbm.Dataset(rows, np.arange(40) % 4 == 0), 3
    )
    trees = flat_trees(read_checkpoint(checkpoint_of_lightgbm(booster.model_to_string())), Reading.LIGHTGBM)
    given = check_all_ways(trees, library, rows)
    np.testing.assert_allclose(given, booster.predict(rows, pred_contrib=True), rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", [RandomForestClassifier, RandomForestRegressor])
def test_contributions_are_shaps_of_scikit_learn_forests(library, kind):
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(300, 6)).astype(np.float32).astype(np.float64)
    bad = (rows[:, 0] * rows[:, 1] + rng.normal(size=300) > 0.5).astype(int)
    model = kind(n_estimators=12, max_depth=7, random_state=1).fit(rows, bad)
    trees = flat_trees(treelite.sklearn.import_model(model), Reading.FLOAT32)
    given = check_all_ways(trees, library, rows[:80])
    explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    expected = explainer.shap_values(rows[:80], check_additivity=False)
    base = explainer.expected_value
    if kind is RandomForestClassifier:
        expected, base = expected[..., 1], base[1]
    np.testing.assert_allclose(given[:, :-1], expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(given[:, -1], np.full(80, base), rtol=0, atol=1e-5)


def test_contributions_are_xgboosts_to_1e_5(library):
    folder = Path(__file__).parent / "xgboost"
    answers = json.loads((folder / "answers.json").read_text())
    rows = np.array(answers["rows"], np.float64)
    trees = flat_trees(treelite.frontend.load_xgboost_model(folder / "model.json"), Reading.FLOAT32)
    engine = NativeEngine(trees, library)
    np.testing.assert_allclose(engine.margins(rows), answers["margins"], rtol=0, atol=1e-5)
    contributions = engine.contributions(rows)
    np.testing.assert_allclose(contributions, answers["contributions"], rtol=0, atol=1e-5)
    exact = NumpyContributions(trees).contributions(rows)
    np.testing.assert_allclose(contributions[:, :-1], exact[:, :-1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(contributions.sum(axis=1), engine.margins(rows), rtol=0, atol=1e-12)
    np.testing.assert_allclose(contributions[:, -1], exact[:, -1], rtol=0, atol=1e-6)


def test_threads_share_the_rows(library):
    rng = np.random.default_rng(6)
    trees, rows = random_trees(rng), random_rows(rng, 700)
    expected = NativeEngine(trees, library).contributions(rows)
    np.testing.assert_array_equal(bits(NativeEngine(trees, library, threads=2).contributions(rows)), bits(expected))


def test_wrong_rows_are_refused(library):
    engine = NativeEngine(random_trees(np.random.default_rng(5)), library)
    assert engine.contributions(np.empty((0, WIDTH))).shape == (0, WIDTH + 1)
    with pytest.raises(ForestError, match="must have shape"):
        engine.contributions(np.zeros((1, WIDTH + 1)))


def chain(features: int, *, length: int | None = None) -> FlatTrees:
    """One tree that asks for each feature in turn, `length` times; each node has its leaf on the left."""
    length = length or features
    rng = np.random.default_rng(length)
    return FlatTrees(
        width=features,
        reading=Reading.AS_GIVEN,
        strict=False,
        single=False,
        divisor=1,
        base_score=0.0,
        node_start=np.array([0, length], np.int32),
        leaf_start=np.array([0, length + 1], np.int32),
        node_feature=(np.arange(length) % features).astype(np.int32),
        node_threshold=rng.normal(size=length) - 1.5,
        node_default_left=rng.random(length) < 0.5,
        node_left=~np.arange(length, dtype=np.int32),
        node_right=np.array([*range(1, length), ~length], np.int32),
        node_cover=np.arange(length + 1, 1, -1).astype(np.float64),
        node_set=np.full(length, -1, np.int32),
        node_set_right=np.zeros(length, np.bool_),
        set_start=np.zeros(1, np.int64),
        set_category=np.zeros(0, np.uint32),
        leaf_value=rng.normal(size=length + 1),
        leaf_cover=np.ones(length + 1),
    )
