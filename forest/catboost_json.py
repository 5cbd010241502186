"""CatBoost's JSON: what of it a model needs, what cannot be reproduced exactly, and its trees as a Treelite checkpoint.

An oblivious tree asks one question of all nodes of a level: leaf i is reached where bit j of i answers question j.
Numbers are compared as float32, and leaves added as float64 in the order of the trees.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import treelite
from treelite.model_builder import Metadata, ModelBuilder, PostProcessorFunc, TreeAnnotation

from forest.engine import Floats, ForestError

_MISSING_IS_LARGE = {"AsIs": False, "AsFalse": False, "AsTrue": True}
"""Whether a missing value is above every border, by a feature's `nan_value_treatment`."""


def reduced(model: Mapping[str, Any]) -> bytes:
    """The parts of CatBoost's JSON that say what the model is, spelled one way; equal fits give equal bytes.

    Raises:
        ForestError: where one is not there.
    """
    try:
        params = {"loss_function": model["model_info"]["params"]["loss_function"]}
        kept = {name: model[name] for name in ("features_info", "oblivious_trees", "scale_and_bias")}
    except KeyError as error:
        raise ForestError(f"the CatBoost model has no {error}: only oblivious trees are served") from error
    whole = {**kept, "model_info": {"params": params}}
    return (json.dumps(whole, sort_keys=True, allow_nan=False, separators=(",", ":")) + "\n").encode()


def feature_names(content: bytes) -> tuple[str, ...]:
    """Names of a model's columns, in order; none where it was trained without names.

    Raises:
        ForestError: where the bytes are no model.
    """
    features = _read(content)["features_info"]["float_features"]
    names = tuple(str(feature.get("feature_id", "")) for feature in features)
    return () if all(name in {"", str(column)} for column, name in enumerate(names)) else names


def checkpoint_of_catboost(content: bytes) -> bytes:
    """The Treelite checkpoint of a model of numeric features, in CatBoost's JSON.

    Raises:
        ForestError: where the bytes are no such model, or one whose margin is no log-odds.
    """
    model = _read(content)
    features: Sequence[Mapping[str, Any]] = model["features_info"]["float_features"]
    trees: Sequence[Mapping[str, Any]] = model["oblivious_trees"]
    builder = ModelBuilder(
        threshold_type="float64",
        leaf_output_type="float64",
        metadata=Metadata(
            num_feature=len(features),
            task_type="kBinaryClf",
            average_tree_output=False,
            num_target=1,
            num_class=[1],
            leaf_vector_shape=(1, 1),
        ),
        tree_annotation=TreeAnnotation(num_tree=len(trees), target_id=[0] * len(trees), class_id=[0] * len(trees)),
        postprocessor=PostProcessorFunc(name="sigmoid"),
        base_scores=[float(model["scale_and_bias"][1][0])],
    )
    missing_is_large = [_MISSING_IS_LARGE[feature["nan_value_treatment"]] for feature in features]
    try:
        for tree in trees:
            _add(builder, tree, missing_is_large)
        checkpoint: bytes = builder.commit().serialize_bytes()
    except treelite.TreeliteError as error:
        raise ForestError(f"Treelite {treelite.__version__} cannot hold the CatBoost model: {error}") from error
    return checkpoint


def _add(builder: ModelBuilder, tree: Mapping[str, Any], missing_is_large: Sequence[bool]) -> None:
    """Add a tree; the nodes of its levels are numbered 0, 1 and 2, 3 to 6, and so on, the last question at the root."""
    questions = _questions(tree)[::-1]
    values, cover = tree["leaf_values"], _covers(tree)
    builder.start_tree()
    for node, weight in enumerate(cover):
        builder.start_node(node)
        level = (node + 1).bit_length() - 1
        if level < len(questions):
            column = questions[level]["float_feature_index"]
            builder.numerical_test(
                feature_id=column,
                # As float32, in which it is compared: the text has it rounded another way.
                threshold=float(np.float32(questions[level]["border"])),
                default_left=not missing_is_large[column],
                opname="<=",
                left_child_key=2 * node + 1,
                right_child_key=2 * node + 2,
            )
        else:
            builder.leaf(float(values[node + 1 - len(values)]))
        builder.sum_hess(float(weight))
        builder.end_node()
    builder.end_tree()


def _questions(tree: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return tree["splits"] or ()  # null where the tree is a leaf


def _covers(tree: Mapping[str, Any]) -> Floats:
    """The weight of the training rows of each node, by its number."""
    levels = [np.array(tree["leaf_weights"], dtype=np.float64)]
    while len(levels[-1]) > 1:
        levels.append(levels[-1].reshape(-1, 2).sum(axis=1))
    return np.concatenate(levels[::-1])


def _read(content: bytes) -> Mapping[str, Any]:
    try:
        model = json.loads(content)
        _check(model)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ForestError(f"not a CatBoost model in JSON: {error!r}") from error
    return cast("Mapping[str, Any]", model)


def _check(model: Mapping[str, Any]) -> None:
    loss = model["model_info"]["params"]["loss_function"]["type"]
    if loss != "Logloss":
        raise ForestError(f"loss {loss}: only the margin of Logloss is the log-odds of default")
    scale, biases = model["scale_and_bias"]
    if scale != 1 or len(biases) != 1:
        raise ForestError(f"scale {scale} and {len(biases)} biases: a margin that is a plain sum is needed")
    features = model["features_info"]["float_features"]
    if others := sorted(model["features_info"].keys() - {"float_features"}):
        raise ForestError(f"the CatBoost model has {', '.join(others)}: only numeric features are served exactly")
    if [feature["flat_feature_index"] for feature in features] != list(range(len(features))):
        raise ForestError("the CatBoost model does not number its features from 0")
    if not {feature["nan_value_treatment"] for feature in features} <= _MISSING_IS_LARGE.keys():
        raise ForestError("the CatBoost model treats missing values in a way that this version does not know")
    for tree in model["oblivious_trees"]:
        _check_tree(tree, len(features))


def _check_tree(tree: Mapping[str, Any], width: int) -> None:
    questions = _questions(tree)
    leaves = 2 ** len(questions)
    if not len(tree["leaf_values"]) == len(tree["leaf_weights"]) == leaves:
        raise ForestError(f"a CatBoost tree of {len(questions)} questions has not {leaves} leaves with weights")
    for split in questions:
        if split["split_type"] != "FloatFeature" or not 0 <= split["float_feature_index"] < width:
            raise ForestError(f"a CatBoost tree asks for a {split['split_type']}: only numeric features are served")
