"""What an XGBoost model in JSON says of itself, and what of it cannot be reproduced."""

import json
from collections.abc import Mapping
from typing import Any, cast

from forest.engine import ForestError


def check_served(content: bytes) -> None:
    """Refuse a model whose margin is no log-odds, or no sum of trees.

    Raises:
        ForestError: with the reason.
    """
    learner = _learner(content)
    objective, booster = learner["objective"]["name"], learner["gradient_booster"]["name"]
    if objective != "binary:logistic":
        raise ForestError(f"objective {objective}: only the margin of binary:logistic is the log-odds of default")
    if booster not in {"gbtree", "dart"}:
        raise ForestError(f"booster {booster}: gbtree or dart is needed")


def feature_names(content: bytes) -> tuple[str, ...]:
    """Names of a model's columns, in order; none where it was trained without names.

    Raises:
        ForestError: where the bytes are no model.
    """
    return tuple(_learner(content)["feature_names"])


def _learner(content: bytes) -> Mapping[str, Any]:
    try:
        learner = json.loads(content)["learner"]
        named = (learner["objective"]["name"], learner["gradient_booster"]["name"], learner["feature_names"])
    except (ValueError, KeyError, TypeError) as error:
        raise ForestError(f"not an XGBoost model in JSON: {error!r}") from error
    if not isinstance(named[2], list):
        raise ForestError("not an XGBoost model in JSON: feature_names is no list")
    return cast("Mapping[str, Any]", learner)
