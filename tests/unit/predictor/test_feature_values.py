"""What a feature may hold."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.portfolios import Feature, FeatureKind
from predictor.errors import BadInputError
from predictor.feature_values import RowRules, feature_value, feature_values

NEEDED = Feature("count", FeatureKind.NUMERIC, "count", -1, "activity", may_be_missing=False)
CYCLE = Feature("cycle", FeatureKind.CATEGORICAL, "cycle", 0, "income")
DISPUTE = Feature("dispute", FeatureKind.CATEGORICAL, "category", 0, "trade", categories=("No", "Yes"))


@pytest.mark.parametrize("cycle", [0.0, 7.0, math.nan])
def test_what_features_allow_passes(cycle):
    RowRules((NEEDED, CYCLE)).check(np.array([[-1.5, cycle]]))


def test_a_needed_feature_must_not_be_missing():
    with pytest.raises(BadInputError, match=r"^row 1, feature count: must not be missing$"):
        RowRules((NEEDED, CYCLE)).check(np.array([[1.0, 0.0], [math.nan, 0.0]]))


@pytest.mark.parametrize("code", [-0.5, 1.5, -1.0, 2.0**31, math.inf])
def test_a_category_is_a_whole_number(code):
    needed = r"is no code of a category; it is a whole number of at least 0$"
    with pytest.raises(BadInputError, match=rf"^row 0, feature cycle: .* {needed}"):
        RowRules((NEEDED, CYCLE)).check(np.array([[1.0, code]]))


@pytest.mark.parametrize("code", [2.0, 99.0, -1.0, 0.5])
def test_a_code_is_a_place_in_the_list_where_there_is_one(code):
    rows = np.array([[7.0, 0.0], [7.0, 1.0], [7.0, math.nan], [7.0, code]])
    rules = RowRules((CYCLE, DISPUTE))
    rules.check(rows[:3])
    said = f"row 3, feature dispute: {code} is no code of a category; the model has 0 (No) to 1 (Yes); null stands for"
    with pytest.raises(BadInputError, match=f"^{re.escape(said)} any other$"):
        rules.check(rows)


NUMBERS = st.none() | st.integers() | st.floats() | st.integers(0, 3).map(lambda power: 10 ** (307 + power))


def one_by_one(value, place):
    """Texts stay: which features have some is seen later."""
    return value if isinstance(value, str) else feature_value(value, place)


@given(st.dictionaries(st.text(), NUMBERS | st.booleans() | st.text() | st.lists(NUMBERS), max_size=6))
def test_values_read_at_once_are_those_read_one_by_one(fields):
    try:
        expected = {name: repr(one_by_one(value, f"features.{name}")) for name, value in fields.items()}
    except BadInputError:
        with pytest.raises(BadInputError):
            feature_values(fields, "features")
    else:
        assert {name: repr(value) for name, value in feature_values(fields, "features").items()} == expected
