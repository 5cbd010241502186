"""The engine that serves, against LightGBM and against shap."""

import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata

import numpy as np
import pytest
import shap
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from forest.engine import Floats, ForestError
from forest.lightgbm_reading import ZERO_THRESHOLD, as_lightgbm_reads
from forest.reference import ReferenceEngine, load_lightgbm_reference
from forest.treelite_engine import checkpoint_of_lightgbm
from tests.unit.forest.small_models import CATEGORICAL, WIDTH, SmallModel, hard_rows, small_model

KINDS: Mapping[str, dict[str, object]] = {
    "numeric": {},
    "categorical": {"categorical": CATEGORICAL},
    "one hot categories": {"categorical": CATEGORICAL, "max_cat_to_onehot": 64},
    "bagging": {"bagging_fraction": 0.5, "bagging_freq": 1},
    "without missing": {"use_missing": False},
    "many trees": {"rounds": 120},
    "dart": {"boosting": "dart"},
    "monotone": {"monotone_constraints": [1, 0, 0, 0, -1], "monotone_constraints_method": "advanced"},
    "from zero": {"boost_from_average": False},
    "a single leaf": {"min_data_in_leaf": 10_000},
}


def engine_of(model: SmallModel) -> ReferenceEngine:
    return load_lightgbm_reference(checkpoint=checkpoint_of_lightgbm(model.text), model_text=model.text)


def bits(numbers: Floats) -> list[str]:
    return [float(number).hex() for number in numbers]


@pytest.fixture(scope="module")
def categorical_engine() -> ReferenceEngine:
    return engine_of(small_model(7, categorical=CATEGORICAL))


@pytest.mark.parametrize("kind", KINDS)
def test_margins_equal_lightgbm_in_every_bit(kind: str) -> None:
    model = small_model(1, **KINDS[kind])  # type: ignore[arg-type]
    rows = hard_rows(model, np.random.default_rng(1))
    expected = model.booster.predict(rows, raw_score=True)
    assert bits(engine_of(model).margins(rows)) == bits(expected)


def test_margins_do_not_depend_on_the_rows_beside_them(categorical_engine: ReferenceEngine) -> None:
    rows = np.random.default_rng(3).normal(size=(300, WIDTH)) * 5
    one_by_one = np.concatenate([categorical_engine.margins(row[None, :]) for row in rows])
    assert bits(categorical_engine.margins(rows)) == bits(one_by_one)


@pytest.mark.parametrize("kind", ["numeric", "categorical", "monotone", "a single leaf"])
def test_contributions_equal_the_library_s(kind: str) -> None:
    model = small_model(4, **KINDS[kind])  # type: ignore[arg-type]
    rows = hard_rows(model, np.random.default_rng(4))[::10]
    np.testing.assert_array_equal(engine_of(model).contributions(rows), model.booster.predict(rows, pred_contrib=True))


def test_contributions_equal_those_of_shap_s_own_algorithm() -> None:
    model = small_model(5)
    rows = hard_rows(model, np.random.default_rng(5))
    rows = rows[(np.abs(np.nan_to_num(rows)) < 1e30).all(axis=1)][::5]
    explainer = shap.TreeExplainer(model.booster, feature_perturbation="tree_path_dependent")
    explainer.model.model_type = "internal"  # else shap asks LightGBM itself, which would prove nothing
    values = explainer.shap_values(as_lightgbm_reads(rows, []))
    contributions = engine_of(model).contributions(rows)
    np.testing.assert_allclose(contributions[:, :-1], values, rtol=0, atol=1e-9)
    np.testing.assert_allclose(contributions[:, -1], explainer.expected_value[0], rtol=0, atol=1e-9)


@given(arrays.arrays(np.float64, (4, WIDTH), elements=st.floats(allow_nan=True, allow_infinity=True, width=64)))
def test_contributions_add_up_to_the_margin(categorical_engine: ReferenceEngine, rows: Floats) -> None:
    total = categorical_engine.contributions(rows).sum(axis=1)
    np.testing.assert_allclose(total, categorical_engine.margins(rows), rtol=0, atol=1e-9)


def test_no_rows_give_no_answers(categorical_engine: ReferenceEngine) -> None:
    none = np.empty((0, WIDTH))
    assert categorical_engine.margins(none).shape == (0,)
    assert categorical_engine.contributions(none).shape == (0, WIDTH + 1)


def test_threads_that_ask_at_once_get_their_own_answers(categorical_engine: ReferenceEngine) -> None:
    blocks = np.random.default_rng(9).normal(size=(64, 20, WIDTH))
    with ThreadPoolExecutor(8) as threads:
        margins = list(threads.map(categorical_engine.margins, blocks))
        contributions = list(threads.map(categorical_engine.contributions, blocks))
    for block, margin, contribution in zip(blocks, margins, contributions, strict=True):
        assert bits(margin) == bits(categorical_engine.margins(block))
        np.testing.assert_array_equal(contribution, categorical_engine.contributions(block))


def test_rows_in_another_memory_order_give_the_same(categorical_engine: ReferenceEngine) -> None:
    rows = np.random.default_rng(8).normal(size=(50, WIDTH))
    assert bits(categorical_engine.margins(np.asfortranarray(rows))) == bits(categorical_engine.margins(rows))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((2, WIDTH - 1)), r"rows must have shape \[n, 5\], one column a feature, not \[2, 4\]"),
        (np.zeros(WIDTH), r"rows must have shape \[n, 5\], one column a feature, not \[5\]"),
        (np.zeros((2, WIDTH), np.float32), "rows must be float64, not float32"),
        (np.zeros((2, WIDTH), object), "rows must be float64, not object"),
        ([[0.0] * WIDTH], "rows must be a numpy array, not list"),
    ],
)
def test_rows_that_do_not_fit_are_refused(categorical_engine: ReferenceEngine, rows: Floats, message: str) -> None:
    for answer in (categorical_engine.margins, categorical_engine.contributions):
        with pytest.raises(ForestError, match=message):
            answer(rows)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"zero_as_missing": True}, "zero_as_missing: .* train with zero_as_missing=false"),
        ({"linear_tree": True}, "linear trees have no exact contributions"),
        ({"boosting": "rf", "bagging_fraction": 0.5, "bagging_freq": 1}, "boosting=rf averages its trees"),
        ({"sigmoid": 0.7}, "with another sigmoid than 1"),
        ({"objective": "regression"}, "only the margin of 'binary'"),
    ],
)
def test_models_that_cannot_be_exact_are_refused(parameters: dict[str, object], message: str) -> None:
    text = small_model(1, **parameters).text  # type: ignore[arg-type]
    with pytest.raises(ForestError, match=message):
        load_lightgbm_reference(checkpoint=b"", model_text=text)


def test_bytes_that_are_no_model_are_refused() -> None:
    text = small_model(1, rounds=2).text
    with pytest.raises(ForestError, match="first line must be 'tree'"):
        load_lightgbm_reference(checkpoint=b"", model_text="a tree\n")
    with pytest.raises(ForestError, match=r"not a checkpoint that Treelite \S+ can read"):
        load_lightgbm_reference(checkpoint=b"no trees", model_text=text)


def test_two_forms_of_different_width_are_refused(categorical_engine: ReferenceEngine) -> None:
    narrow = small_model(1, rounds=2).text.replace("max_feature_idx=4", "max_feature_idx=6")
    with pytest.raises(ForestError, match="the checkpoint has 7 features, the LightGBM model 5"):
        load_lightgbm_reference(checkpoint=checkpoint_of_lightgbm(narrow), model_text=small_model(1, rounds=2).text)


def test_the_engine_names_both_libraries(categorical_engine: ReferenceEngine) -> None:
    treelite, lightgbm = metadata.version("treelite"), metadata.version("lightgbm")
    assert categorical_engine.name == "treelite+lightgbm"
    assert categorical_engine.version == f"treelite {treelite}, lightgbm {lightgbm}"


def test_a_row_is_read_as_lightgbm_reads_it() -> None:
    above = np.nextafter(ZERO_THRESHOLD, 1)
    rows = np.array([[ZERO_THRESHOLD, -0.5], [-ZERO_THRESHOLD, 3.7], [above, -3.7], [np.nan, np.nan]])
    expected = np.array([[0.0, 0.0], [0.0, 3.0], [above, -3.0], [np.nan, np.nan]])
    np.testing.assert_array_equal(as_lightgbm_reads(rows, [1]), expected)


def test_importing_the_room_imports_no_library() -> None:
    program = "import forest, forest.engine, sys; print(sorted({'treelite', 'lightgbm', 'pandas'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"
