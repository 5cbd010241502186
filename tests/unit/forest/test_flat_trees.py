"""Flat trees are checked when they are made; what cannot be exact is refused with its reason."""

from dataclasses import replace

import lightgbm
import numpy as np
import pytest
import treelite
from sklearn.ensemble import RandomForestClassifier

from forest.engine import ForestError
from forest.treelite_trees import flat_trees
from forest.trees import FlatTrees, Reading
from tests.unit.forest.random_trees import random_trees


@pytest.fixture(scope="module")
def trees() -> FlatTrees:
    return random_trees(np.random.default_rng(1))


def changed(array: np.ndarray, place: int, value: float) -> np.ndarray:
    copied = array.copy()
    copied[place] = value
    return copied


@pytest.mark.parametrize(
    ("name", "place", "value", "reason"),
    [
        ("node_feature", 0, 6, "a feature is not among 6"),
        ("node_feature", 0, -1, "a feature is not among 6"),
        ("node_threshold", 0, np.nan, "a threshold is NaN"),
        ("leaf_value", 0, np.inf, "a leaf is not finite"),
        ("leaf_cover", 0, -1.0, "a cover is below 0 or not finite"),
        ("node_cover", 0, np.nan, "a cover is below 0 or not finite"),
        ("node_left", 0, 0, "a child comes before its parent"),
        ("node_left", 0, 1000, "a child is of another tree"),
        ("node_left", 0, -1000, "a leaf is of another tree"),
        ("node_left", 0, -1, "has not one parent"),
        ("node_set", 0, 3, "a node's set is not there"),
        ("node_start", 0, 1, "node_start"),
        ("leaf_start", 1, 0, "a tree has not one leaf more than inner nodes"),
        ("set_start", 1, -1, "set_start falls"),
        ("set_category", 0, 99, "a set of categories does not rise"),
    ],
)
def test_an_index_or_number_out_of_place_is_named(trees, name, place, value, reason):
    with pytest.raises(ForestError, match=f"the trees are not sound: .*{reason}"):
        replace(trees, **{name: changed(getattr(trees, name), place, value)})


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"width": 0}, "0 features"),
        ({"divisor": 0}, "divisor"),
        ({"base_score": np.nan}, "base score"),
        ({"single": True}, "trees of float32 read as given"),
        ({"leaf_value": np.zeros(3)}, "has not 3 entries"),
        ({"node_left": np.zeros(3)}, "node_left must be int32"),
    ],
)
def test_fields_that_do_not_fit_are_named(trees, fields, reason):
    with pytest.raises(ForestError, match=reason):
        replace(trees, **fields)


def test_arrays_cannot_be_written(trees):
    with pytest.raises(ValueError, match="read-only"):
        trees.leaf_value[0] = 1


def test_a_model_of_several_classes_is_refused():
    rng = np.random.default_rng(1)
    rows, kinds = rng.normal(size=(100, 3)), rng.integers(0, 3, 100)
    forest = treelite.sklearn.import_model(RandomForestClassifier(2, random_state=1).fit(rows, kinds))
    boosted = lightgbm.train(
        {"objective": "multiclass", "num_class": 3, "verbosity": -1, "num_threads": 1}, lightgbm.Dataset(rows, kinds), 2
    )
    for model, classes in ((forest, 3), (treelite.frontend.from_lightgbm(boosted), 3)):
        with pytest.raises(ForestError, match=rf"1 targets of \[{classes}\] classes; one margin is needed"):
            flat_trees(model, Reading.FLOAT32)


def one_node(comparison: str, **node: object) -> treelite.Model:
    builder = treelite.model_builder.ModelBuilder(
        threshold_type="float64",
        leaf_output_type="float64",
        metadata=treelite.model_builder.Metadata(
            num_feature=2,
            task_type="kRegressor",
            average_tree_output=False,
            num_target=1,
            num_class=[1],
            leaf_vector_shape=(1, 1),
        ),
        tree_annotation=treelite.model_builder.TreeAnnotation(num_tree=1, target_id=[0], class_id=[0]),
        postprocessor=treelite.model_builder.PostProcessorFunc(name="identity"),
        base_scores=[0.0],
    )
    builder.start_tree()
    builder.start_node(0)
    builder.numerical_test(0, 0.5, default_left=True, opname=comparison, left_child_key=1, right_child_key=2)
    builder.end_node()
    for key in (1, 2):
        builder.start_node(key)
        builder.leaf(float(key))
        if node.get("covers"):
            builder.data_count(key)
        builder.end_node()
    builder.end_tree()
    return builder.commit()


@pytest.mark.parametrize("comparison", [">", ">=", "=="])
def test_a_comparison_that_no_library_makes_is_refused(comparison):
    with pytest.raises(ForestError, match="one of < and <= is needed"):
        flat_trees(one_node(comparison), Reading.AS_GIVEN)


def test_a_model_without_covers_is_refused():
    with pytest.raises(ForestError, match="does not say how many training rows each node had"):
        flat_trees(one_node("<"), Reading.AS_GIVEN)
