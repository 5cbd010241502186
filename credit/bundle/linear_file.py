"""`linear.json`: a linear model with its filling and scaling."""

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np

from credit.bundle.canonical import Json, to_bytes, to_object
from credit.bundle.errors import BundleError
from forest.linear_engine import LinearModel

FILE = "linear.json"


class NamedLinear(NamedTuple):
    """A linear model and the names of its columns."""

    feature_names: tuple[str, ...]
    model: LinearModel


def linear_to_bytes(feature_names: Sequence[str], model: LinearModel) -> bytes:
    """The model as canonical JSON; features without effect are named and have no term."""
    terms: dict[str, Json] = {
        name: {
            "coefficient": float(model.coefficient[column]),
            "mean": float(model.mean[column]),
            "sd": float(model.sd[column]),
        }
        for column, name in enumerate(feature_names)
        if model.coefficient[column]
    }
    fields: dict[str, Json] = {
        "features": list(feature_names),
        "fill": model.fill,
        "intercept": model.intercept,
        "terms": terms,
    }
    return to_bytes(fields, file=FILE)


def linear_from_bytes(content: bytes) -> NamedLinear:
    """The model in canonical JSON.

    Raises:
        BundleError: where it is none.
        ForestError: where its numbers are no model.
    """
    fields = to_object(content, file=FILE)
    try:
        names = tuple(cast("list[str]", fields["features"]))
        terms = cast("dict[str, dict[str, float]]", fields["terms"])
        if unknown := sorted(terms.keys() - set(names)):
            raise BundleError(f"{FILE}: terms of features that it does not name: {', '.join(unknown)}")
        none = {"coefficient": 0.0, "mean": 0.0, "sd": 0.0}
        columns = [[_number(terms.get(name, none)[part]) for name in names] for part in none]
        intercept, fill = _number(fields["intercept"]), _number(fields["fill"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError(f"{FILE}: a field is missing or has a wrong type: {error!r}") from error
    coefficient, mean, sd = np.array(columns, dtype=np.float64)
    return NamedLinear(names, LinearModel(intercept=intercept, coefficient=coefficient, mean=mean, sd=sd, fill=fill))


def _number(value: Json) -> float:
    if not isinstance(value, float | int):
        raise TypeError(f"{value!r} is no number")
    return float(value)
