"""Margins of the native engine: the bits of GTIL, and of the library where it computes in double."""

import json
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import treelite
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier, RandomForestRegressor

from forest.engine import Floats, ForestError
from forest.loading import load_engine, load_lightgbm_engine
from forest.native_engine import NativeEngine
from forest.native_library import NativeLibrary, Way, load_native_library
from forest.treelite_engine import TreeliteMargins, checkpoint_of_lightgbm, read_checkpoint
from forest.treelite_trees import flat_trees
from forest.trees import FlatTrees, Reading
from tests.unit.forest.random_trees import WIDTH as RANDOM_WIDTH
from tests.unit.forest.random_trees import random_trees
from tests.unit.forest.small_models import CATEGORICAL, WIDTH, SmallModel, hard_rows, small_model

BATCHES = (1, 2, 3, 4, 5, 8, 9, 31, 32, 33, 63, 64, 65, 71, 72, 73, 129, 1000)
XGBOOST = Path(__file__).parent / "xgboost"
KINDS: Mapping[str, dict[str, object]] = {
    "numeric": {},
    "categorical": {"categorical": CATEGORICAL},
    "one hot categories": {"categorical": CATEGORICAL, "max_cat_to_onehot": 64},
    "without missing": {"use_missing": False},
    "more leaves than a mask has": {"num_leaves": 60, "min_data_in_leaf": 2},
    "more leaves than a byte numbers": {"num_leaves": 400, "min_data_in_leaf": 1, "rounds": 5},
    "more thresholds than a column has": {"max_bin": 1000, "num_leaves": 100, "min_data_in_bin": 1},
    "dart": {"boosting": "dart"},
    "a single leaf": {"min_data_in_leaf": 10_000},
}


@pytest.fixture(scope="module")
def library() -> NativeLibrary:
    return load_native_library()


def bits(numbers: Floats) -> np.ndarray:
    return numbers.view(np.uint64)


def lightgbm_trees(model: SmallModel) -> FlatTrees:
    return flat_trees(read_checkpoint(checkpoint_of_lightgbm(model.text)), Reading.LIGHTGBM)


def check_all_ways(trees: FlatTrees, library: NativeLibrary, rows: Floats, expected: Floats) -> None:
    for way in library.ways:
        engine = NativeEngine(trees, library, way=way)
        np.testing.assert_array_equal(bits(engine.margins(rows)), bits(expected))
        for size in BATCHES:
            np.testing.assert_array_equal(bits(engine.margins(rows[-size:])), bits(expected[-size:]))
        one_by_one = np.concatenate([engine.margins(row[None]) for row in rows[:400]])
        np.testing.assert_array_equal(bits(one_by_one), bits(expected[:400]))


@pytest.mark.parametrize("kind", KINDS)
def test_margins_equal_lightgbm_s_in_every_bit(library, kind):
    model = small_model(6, **KINDS[kind])
    rows = hard_rows(model, np.random.default_rng(6))
    check_all_ways(lightgbm_trees(model), library, rows, model.booster.predict(rows, raw_score=True))


def test_a_model_of_many_thresholds_has_columns_of_255(library):
    trees = lightgbm_trees(small_model(6, **KINDS["more thresholds than a column has"]))
    engine = NativeEngine(trees, library)
    assert max(engine.form.column["start"]) >= 255
    assert np.diff(lightgbm_trees(small_model(6, **KINDS["more leaves than a byte numbers"])).leaf_start).max() > 256


@pytest.mark.parametrize(
    "forest",
    [
        RandomForestClassifier(30, max_depth=5, random_state=1),
        RandomForestRegressor(8, random_state=1),
        ExtraTreesClassifier(8, random_state=1),
    ],
)
def test_margins_of_scikit_learn_s_forests(library, forest):
    model = small_model(3)
    forest.fit(model.rows, np.nan_to_num(model.rows[:, 0]) > 0.1)
    checkpoint = treelite.sklearn.import_model(forest).serialize_bytes()
    rows = hard_rows(model, np.random.default_rng(3))[::7]
    expected = TreeliteMargins.from_checkpoint(checkpoint, Reading.FLOAT32).margins(rows)
    check_all_ways(flat_trees(read_checkpoint(checkpoint), Reading.FLOAT32), library, rows, expected)
    known = rows[(np.nan_to_num(np.abs(rows)) < 1e30).all(axis=1)]
    own = forest.predict(known) if isinstance(forest, RandomForestRegressor) else forest.predict_proba(known)[:, 1]
    engine = load_engine(checkpoint, Reading.FLOAT32)
    np.testing.assert_array_equal(bits(engine.margins(known)), bits(own))


def test_margins_of_xgboost(library):
    checkpoint = treelite.frontend.load_xgboost_model(XGBOOST / "model.json").serialize_bytes()
    answers = json.loads((XGBOOST / "answers.json").read_text())
    rows = np.array(answers["rows"], np.float64)
    trees = flat_trees(read_checkpoint(checkpoint), Reading.FLOAT32)
    np.testing.assert_allclose(NativeEngine(trees, library).margins(rows), answers["margins"], rtol=0, atol=1e-5)
    rng = np.random.default_rng(1)
    thresholds = trees.node_threshold.astype(np.float32)
    near = [np.nextafter(thresholds, np.float32(end)).astype(np.float64) for end in (-np.inf, np.inf)]
    middles = [(thresholds + neighbours) / 2 for neighbours in near]
    numbers = np.concatenate(
        [trees.node_threshold, *near, *middles, [1e300, -1e300, np.inf, -np.inf, np.nan, -0.5, 8.5]]
    )
    hard = rng.choice([*numbers, *range(-1, 11), 2.0**24, 2.0**24 + 1, 2.0**33], (5000, trees.width))
    expected = TreeliteMargins.from_checkpoint(checkpoint, Reading.FLOAT32).margins(hard)
    check_all_ways(trees, library, hard, expected)


def test_the_answer_does_not_depend_on_the_threads(library):
    trees = random_trees(np.random.default_rng(2), trees=30)
    rows = np.random.default_rng(2).normal(size=(3001, RANDOM_WIDTH))
    expected = NativeEngine(trees, library).margins(rows)
    for threads in (2, 3, 8):
        np.testing.assert_array_equal(bits(NativeEngine(trees, library, threads=threads).margins(rows)), bits(expected))


def test_threads_that_ask_at_once_get_their_own_answers(library):
    engine = NativeEngine(random_trees(np.random.default_rng(4), trees=30), library)
    rows = np.random.default_rng(4).normal(size=(2000, 1, RANDOM_WIDTH))
    with ThreadPoolExecutor(8) as threads:
        given = np.concatenate(list(threads.map(engine.margins, rows)))
    np.testing.assert_array_equal(bits(given), bits(engine.margins(rows[:, 0])))


def test_rows_in_any_order_of_memory(library):
    engine = NativeEngine(random_trees(np.random.default_rng(5)), library)
    rows = np.random.default_rng(5).normal(size=(50, 2 * RANDOM_WIDTH))
    expected = bits(engine.margins(np.ascontiguousarray(rows[:, ::2])))
    np.testing.assert_array_equal(bits(engine.margins(rows[:, ::2])), expected)
    np.testing.assert_array_equal(bits(engine.margins(rows[:1, ::2])), expected[:1])
    np.testing.assert_array_equal(bits(engine.margins(np.asfortranarray(rows[:, ::2]))), expected)
    assert engine.margins(np.empty((0, RANDOM_WIDTH))).shape == (0,)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((1, RANDOM_WIDTH - 1)), r"rows must have shape \[n, 6\]"),
        (np.zeros(RANDOM_WIDTH), r"rows must have shape \[n, 6\]"),
        (np.zeros((1, RANDOM_WIDTH), np.float32), "rows must be float64, not float32"),
        (np.zeros((1, RANDOM_WIDTH), ">f8"), "rows must be float64, not >f8"),
        ([[0.0] * RANDOM_WIDTH], "rows must be a numpy array, not list"),
    ],
)
def test_rows_that_do_not_fit_are_refused(library, rows, message):
    engine = NativeEngine(random_trees(np.random.default_rng(6)), library)
    with pytest.raises(ForestError, match=message):
        engine.margins(rows)


def test_a_way_that_the_machine_has_not_is_refused(library):
    trees = random_trees(np.random.default_rng(7))
    only_portable = NativeLibrary(functions=library.functions, ways=(Way.PORTABLE,))
    with pytest.raises(ForestError, match="cannot compute by AVX2"):
        NativeEngine(trees, only_portable, way=Way.AVX2)


def test_without_a_library_the_reference_serves_and_says_so_once(tmp_path, caplog):
    model = small_model(8, categorical=CATEGORICAL, rounds=10)
    checkpoint = checkpoint_of_lightgbm(model.text)
    missing = tmp_path / "libblinkforest.so"
    native = load_lightgbm_engine(checkpoint=checkpoint, model_text=model.text)
    with caplog.at_level(logging.WARNING):
        reference = load_lightgbm_engine(checkpoint=checkpoint, model_text=model.text, library=missing)
        by_numpy = load_engine(checkpoint, Reading.LIGHTGBM, library=missing)
    assert [engine.name for engine in (native, reference, by_numpy)] == [
        *("blink-native", "treelite+lightgbm", "treelite+numpy")
    ]
    assert len(caplog.messages) == 1
    assert "the reference engine serves" in caplog.messages[0]
    rows = hard_rows(model, np.random.default_rng(8))[::5]
    for engine in (reference, by_numpy):
        np.testing.assert_array_equal(bits(engine.margins(rows)), bits(native.margins(rows)))
        np.testing.assert_allclose(engine.contributions(rows), native.contributions(rows), rtol=0, atol=1e-9)


def test_a_file_that_is_no_library_of_ours_is_refused(tmp_path):
    (tmp_path / "libblinkforest.so").write_bytes(b"no library")
    with pytest.raises(ForestError, match="no native library"):
        load_native_library(tmp_path / "libblinkforest.so")


def test_a_lightgbm_model_is_checked_by_its_text():
    model = small_model(1, rounds=2)
    checkpoint = checkpoint_of_lightgbm(model.text)
    with pytest.raises(ForestError, match="zero_as_missing"):
        load_lightgbm_engine(checkpoint=checkpoint, model_text=small_model(1, rounds=2, zero_as_missing=True).text)
    wider = model.text.replace("max_feature_idx=4", "max_feature_idx=6")
    with pytest.raises(ForestError, match=f"the checkpoint has {WIDTH} features, the LightGBM model 7"):
        load_lightgbm_engine(checkpoint=checkpoint, model_text=wider)
    with pytest.raises(ForestError, match="not a checkpoint"):
        load_lightgbm_engine(checkpoint=b"no trees", model_text=model.text)
