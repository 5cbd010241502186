"""The body of /score."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.portfolios import Feature, FeatureKind
from predictor.category_codes import CategoryCodes
from predictor.errors import BadInputError
from predictor.score_request import ScoreWish, SubjectWish, given_rows, parse_score_wish
from tests.unit.predictor.serving_example import A2_BODY, A2_FEATURES, NAMES

FEATURES_WITH_TEXTS = (
    Feature("amount", FeatureKind.NUMERIC, "currency", 0, "income"),
    Feature("disputed", FeatureKind.CATEGORICAL, "category", 0, "income", categories=("No", "Yes")),
)
no_code = CategoryCodes(()).code
NUMBERS = st.none() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
FEATURES = st.dictionaries(st.sampled_from(NAMES), NUMBERS)


def test_a2s_body():
    wish = parse_score_wish(A2_BODY.encode(), most=1)
    assert wish == ScoreWish((SubjectWish("...", A2_FEATURES),), many=False)


@given(st.lists(st.none() | FEATURES, min_size=1, max_size=5))
def test_given_features_are_used_as_they_are_and_absent_ones_are_missing(subjects):
    body = [{"user_id": f"u{n}"} | ({} if f is None else {"features": f}) for n, f in enumerate(subjects)]
    wish = parse_score_wish(json.dumps(body).encode(), most=5)
    rows = given_rows(wish.subjects, NAMES, no_code)
    assert wish.many
    assert [subject.features is None for subject in wish.subjects] == [f is None for f in subjects]
    expected = [[(f or {}).get(name) for name in NAMES] for f in subjects]
    assert np.array_equal(rows, np.array(expected, dtype=np.float64), equal_nan=True)


@pytest.mark.parametrize("token", ["null", "NaN"])
def test_missing_is_null_or_nan(token):
    wish = parse_score_wish(f'{{"user_id": "u", "features": {{"x": {token}}}}}'.encode(), most=1)
    assert math.isnan(wish.subjects[0].features["x"])


ANY_VALUE = st.recursive(NUMBERS, st.lists).map(lambda value: json.dumps(value).encode())


@given(st.binary(max_size=80) | ANY_VALUE)
def test_any_other_body_is_refused_by_name(body):
    with pytest.raises(BadInputError) as refused:
        parse_score_wish(body, most=3)
    assert str(refused.value) == f"{refused.value.place}: {refused.value.reason}"


def test_an_unknown_feature_is_named_with_its_place():
    wish = parse_score_wish(b'[{"user_id": "u"}, {"user_id": "v", "features": {"nope": 1}}]', most=2)
    with pytest.raises(BadInputError, match=r"^\[1\]\.features\.nope: unknown feature; the model has a, b$"):
        given_rows(wish.subjects, ("a", "b"), no_code)


def rows_with_texts(*features: dict[str, object]) -> np.ndarray:
    body = json.dumps([{"user_id": "u", "features": one} for one in features])
    wish = parse_score_wish(body.encode(), most=9)
    return given_rows(wish.subjects, ("amount", "disputed"), CategoryCodes(FEATURES_WITH_TEXTS).code)


def test_a_category_is_given_by_its_text_or_its_code_and_any_other_text_is_missing():
    rows = rows_with_texts(
        {"amount": 2, "disputed": "Yes"},
        {"disputed": 1, "amount": 2},
        {"disputed": " No", "amount": None},
        {"disputed": "Perhaps"},
        {"amount": 0.5, "disputed": ""},
    )
    expected = [[2, 1], [2, 1], [math.nan, 0], [math.nan, math.nan], [0.5, math.nan]]
    assert np.array_equal(rows, expected, equal_nan=True)


def test_a_text_for_a_number_is_refused_by_its_place():
    with pytest.raises(BadInputError) as refused:
        rows_with_texts({"amount": 1, "disputed": "Yes"}, {"amount": "12", "disputed": "Yes"})
    assert str(refused.value) == '[1].features.amount: a number or null is needed, not the string "12"'
