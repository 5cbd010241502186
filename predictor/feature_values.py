"""One value of a feature as it comes in JSON."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import NoneType
from typing import cast

import numpy as np
import numpy.typing as npt

from credit.portfolios import Feature, FeatureKind
from predictor.errors import BadInputError
from predictor.strict_json import Json, inside, kind_of

Floats = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MISSING = math.nan

Value = float | str
"""Of a feature in a request: a number, NaN where unknown, or the text of a category."""
Code = Callable[[str, str, str], float]
"""The code of a feature's text, from the feature's name, the text and its place; may raise BadInputError."""

_NUMBERS = frozenset({float, int, NoneType})
_FLOATS = frozenset({float})


class WithTexts(dict[str, Value]):
    """Values of which some may be texts."""


def feature_value(value: Json, place: str) -> float:
    """The number, or NaN for `null` and the token `NaN`.

    Raises:
        BadInputError: where it is anything else: a string, a boolean, an infinity, a number beyond a double.
    """
    if value is None:
        return MISSING
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInputError(place, f"a number or null is needed, not {kind_of(value)}")
    try:
        number = float(value)
    except OverflowError as error:
        raise BadInputError(place, "the number is beyond the range of a double") from error
    if math.isinf(number):
        raise BadInputError(place, "infinity is not a value; null stands for unknown")
    return number


def feature_values(fields: Mapping[str, Json], place: str) -> dict[str, Value]:
    """Values by feature name; NaN where unknown. Texts stay as they are: `row_of` knows which features have some.

    Raises:
        BadInputError: as `feature_value`, naming the feature.
    """
    values = list(fields.values())
    # All at once: a place in words for each costs more than the rest of a request's reading.
    if finite_floats(values, set(map(type, values))):
        return dict(cast("Mapping[str, float]", fields))
    doubles = plain_doubles(values)
    if doubles is not None and not np.isinf(doubles).any():
        return dict(zip(fields, doubles.tolist(), strict=True))
    return WithTexts(
        (name, value if isinstance(value, str) else feature_value(value, inside(place, name)))
        for name, value in fields.items()
    )


def finite_floats(values: Sequence[Json], kinds: set[type]) -> bool:
    """Whether one look at values, of these types, shows that all are finite floats; a sum beyond a double does not."""
    return kinds <= _FLOATS and math.isfinite(sum(cast("Sequence[float]", values)))  # finite only where each is


def plain_doubles(values: Sequence[Json]) -> Floats | None:
    """Values as float64 `[n]`, NaN for null; None where one is no number (a boolean is none), or beyond a double."""
    if not _NUMBERS.issuperset(map(type, values)):
        return None
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:
        return None


def row_of(values: Mapping[str, Value], feature_names: Sequence[str], place: str, code: Code) -> list[float]:
    """Values in the order of `feature_names`, NaN where there is none, texts as their codes.

    Raises:
        BadInputError: where a name is no feature of the model, or a text is given for one that has none.
    """
    if not values.keys() <= _known(tuple(feature_names)):
        unknown = [name for name in values if name not in feature_names]
        raise BadInputError(inside(place, unknown[0]), f"unknown feature; the model has {', '.join(feature_names)}")
    in_order = tuple(values) == feature_names
    row = list(values.values()) if in_order else [values.get(name, MISSING) for name in feature_names]
    # Told by the type: a look at each value costs as much as the rest of this.
    texts = type(values) is WithTexts
    return _coded(row, feature_names, place, code) if texts else cast("list[float]", row)


def _coded(row: Sequence[Value], feature_names: Sequence[str], place: str, code: Code) -> list[float]:
    return [
        code(name, value, inside(place, name)) if isinstance(value, str) else value
        for name, value in zip(feature_names, row, strict=True)
    ]


@lru_cache(maxsize=16)
def _known(feature_names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(feature_names)


class RowRules:
    """What a model's features allow in rows."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features = tuple(features)
        self._needed = [column for column, feature in enumerate(features) if not feature.may_be_missing]
        self._coded = [column for column, feature in enumerate(features) if feature.kind is FeatureKind.CATEGORICAL]
        self._ends = np.array([_codes_end(features[column]) for column in self._coded])

    def check(self, rows: Floats) -> None:
        """Do nothing where rows float64 [n, d] hold only what their features allow.

        Raises:
            BadInputError: naming the first row that lacks a feature it must have, or whose category is no code: a
                whole number of at least 0 (libraries disagree on where others belong), and within the feature's list
                where it has one.
        """
        lacking = bool(self._needed) and bool(np.isnan(rows[:, self._needed]).any())
        if lacking or (self._coded and bool(_no_code(rows[:, self._coded], self._ends).any())):
            for column, feature in enumerate(self._features):
                _check_column(rows[:, column], feature)


def _check_column(values: Floats, feature: Feature) -> None:
    absent = np.isnan(values)
    if not feature.may_be_missing and absent.any():
        raise BadInputError(f"row {int(absent.argmax())}, feature {feature.name}", "must not be missing")
    if feature.kind is FeatureKind.CATEGORICAL and (wrong := _no_code(values, _codes_end(feature))).any():
        row = int(wrong.argmax())
        fault = f"{values[row]} is no code of a category; {_codes_allowed(feature)}"
        raise BadInputError(f"row {row}, feature {feature.name}", fault)


def _codes_end(feature: Feature) -> int:
    """What a code must be below: training saw every code of a list, and no others; without one any may have been."""
    return len(feature.categories) or 2**31


def _codes_allowed(feature: Feature) -> str:
    if not feature.categories:
        return "it is a whole number of at least 0"
    first, last = feature.categories[0], feature.categories[-1]
    return f"the model has 0 ({first}) to {len(feature.categories) - 1} ({last}); null stands for any other"


def _no_code(values: Floats, ends: int | npt.NDArray[np.int64]) -> BoolArray:
    """Which values are neither missing nor a whole number from 0 to below `ends`, one for all or for each column."""
    with np.errstate(invalid="ignore"):  # a signalling NaN is missing too, and nothing to warn of
        codes = (values >= 0) & (values < ends) & (np.floor(values) == values)
    wrong: BoolArray = ~(np.isnan(values) | codes)
    return wrong
