"""CatBoost's and XGBoost's JSON: what is read of it, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forest import catboost_json, xgboost_json
from forest.catboost_json import checkpoint_of_catboost
from forest.engine import ForestError
from forest.loading import load_engine
from forest.trees import Reading

SMALL_XGBOOST = Path(__file__).parent / "xgboost" / "model.json"
BORDER = float(np.float32(0.1))


def catboost_model() -> dict[str, Any]:
    """Two questions, and a tree that is a leaf."""

    def feature(index: int, treatment: str) -> dict[str, Any]:
        return {"flat_feature_index": index, "feature_id": f"f{index}", "nan_value_treatment": treatment}

    def split(index: int, border: float) -> dict[str, Any]:
        return {"split_type": "FloatFeature", "float_feature_index": index, "border": border}

    return {
        "features_info": {"float_features": [feature(0, "AsFalse"), feature(1, "AsTrue")]},
        "model_info": {"params": {"loss_function": {"type": "Logloss"}}, "model_guid": "differs"},
        "oblivious_trees": [
            # The text of a border is rounded: 0.1 stands for the float32 beside it.
            {"splits": [split(0, 0.1), split(1, 2.0)], "leaf_values": [1, 2, 4, 8], "leaf_weights": [4, 3, 2, 0]},
            {"splits": None, "leaf_values": [0.5], "leaf_weights": [9]},
        ],
        "scale_and_bias": [1, [-3.0]],
    }


def test_leaf_i_is_reached_where_bit_j_answers_question_j() -> None:
    engine = load_engine(checkpoint_of_catboost(catboost_json.reduced(catboost_model())), Reading.FLOAT32)
    rows = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 3.0], [1.0, 3.0], [np.nan, np.nan], [BORDER, 2.0], [0.1, 2.0]])
    assert (engine.margins(rows) + 2.5).tolist() == [1.0, 2.0, 4.0, 8.0, 4.0, 1.0, 1.0]
    just_above = float(np.nextafter(np.float32(0.1), np.float32(1)))
    assert (engine.margins(np.array([[just_above, 2.0]])) + 2.5).tolist() == [2.0]


def test_contributions_weigh_by_the_training_rows_of_the_leaves() -> None:
    engine = load_engine(checkpoint_of_catboost(catboost_json.reduced(catboost_model())), Reading.FLOAT32)
    contributions = engine.contributions(np.array([[0.0, 0.0]]))
    base = (4 * 1 + 3 * 2 + 2 * 4 + 0 * 8) / 9 - 2.5
    assert contributions[0, -1] == pytest.approx(base, abs=1e-12)
    assert contributions.sum() == pytest.approx(1.0 - 2.5, abs=1e-12)


def test_what_is_kept_is_spelled_one_way_and_has_no_random_id() -> None:
    kept = json.loads(catboost_json.reduced(catboost_model()))
    assert kept == {**catboost_model(), "model_info": {"params": {"loss_function": {"type": "Logloss"}}}}
    assert catboost_json.feature_names(catboost_json.reduced(catboost_model())) == ("f0", "f1")


def _other_loss(model: dict[str, Any]) -> None:
    model["model_info"]["params"]["loss_function"]["type"] = "RMSE"


def _scaled(model: dict[str, Any]) -> None:
    model["scale_and_bias"] = [0.5, [0.0]]


def _categories(model: dict[str, Any]) -> None:
    model["features_info"]["categorical_features"] = []


def _numbered_from_one(model: dict[str, Any]) -> None:
    model["features_info"]["float_features"].pop(0)


def _strange_missing(model: dict[str, Any]) -> None:
    model["features_info"]["float_features"][0]["nan_value_treatment"] = "AsMean"


def _too_few_leaves(model: dict[str, Any]) -> None:
    model["oblivious_trees"][0]["leaf_values"].pop()


def _figure_of_categories(model: dict[str, Any]) -> None:
    model["oblivious_trees"][0]["splits"][0]["split_type"] = "OnlineCtr"


def _unknown_feature(model: dict[str, Any]) -> None:
    model["oblivious_trees"][0]["splits"][0]["float_feature_index"] = 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_other_loss, "loss RMSE: only the margin of Logloss"),
        (_scaled, "scale 0.5 and 1 biases"),
        (_categories, "has categorical_features: only numeric features"),
        (_numbered_from_one, "does not number its features from 0"),
        (_strange_missing, "treats missing values in a way"),
        (_too_few_leaves, "of 2 questions has not 4 leaves"),
        (_figure_of_categories, "asks for a OnlineCtr"),
        (_unknown_feature, "asks for a FloatFeature"),
    ],
)
def test_a_catboost_model_that_cannot_be_exact_is_refused(
    change: Callable[[dict[str, Any]], None], message: str
) -> None:
    model = catboost_model()
    change(model)
    with pytest.raises(ForestError, match=message):
        checkpoint_of_catboost(json.dumps(model).encode())


def test_trees_of_another_form_are_named() -> None:
    model = catboost_model()
    del model["oblivious_trees"]
    with pytest.raises(ForestError, match="has no 'oblivious_trees': only oblivious trees are served"):
        catboost_json.reduced(model)


@pytest.mark.parametrize(
    ("part", "name", "message"),
    [
        ("objective", "reg:squarederror", "objective reg:squarederror: only the margin of binary:logistic"),
        ("gradient_booster", "gblinear", "booster gblinear: gbtree or dart is needed"),
    ],
)
def test_an_xgboost_model_that_is_no_sum_of_log_odds_is_refused(part: str, name: str, message: str) -> None:
    model = json.loads(SMALL_XGBOOST.read_bytes())
    xgboost_json.check_served(json.dumps(model).encode())
    model["learner"][part]["name"] = name
    with pytest.raises(ForestError, match=message):
        xgboost_json.check_served(json.dumps(model).encode())


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"learner": {}}', b"\xff"])
def test_bytes_that_are_no_model_are_refused(content: bytes) -> None:
    with pytest.raises(ForestError, match="not an XGBoost model in JSON"):
        xgboost_json.check_served(content)
    with pytest.raises(ForestError, match="not a CatBoost model in JSON"):
        checkpoint_of_catboost(content)
