"""Codes of categories between two lists."""

from dataclasses import replace

import numpy as np
import pytest

from credit.categories import codes_of, recoded
from credit.portfolios import Feature, FeatureKind

AMOUNT = Feature("amount", FeatureKind.NUMERIC, "currency", 0, "trade")
DISPUTE = Feature("dispute", FeatureKind.CATEGORICAL, "category", 0, "trade", categories=("No", "Yes", "?"))
ROWS = np.array([[1.5, 0.0], [np.nan, 1.0], [2.5, 2.0], [3.5, np.nan]])


def test_a_code_is_the_place_of_its_text():
    assert codes_of(DISPUTE) == {"No": 0.0, "Yes": 1.0, "?": 2.0}


def test_a_category_keeps_its_text_in_another_list_and_features_their_names():
    other = replace(DISPUTE, categories=("Yes", "Perhaps", "No"))
    found = recoded(ROWS, (AMOUNT, DISPUTE), (other, AMOUNT))
    expected = [[2.0, 1.5], [0.0, np.nan], [np.nan, 2.5], [np.nan, 3.5]]
    assert np.array_equal(found, expected, equal_nan=True)


@pytest.mark.parametrize("categories", [DISPUTE.categories, (*DISPUTE.categories, "new"), ()])
def test_codes_stay_where_the_list_is_the_same_or_longer_or_there_is_none(categories):
    other = replace(DISPUTE, categories=categories)
    assert np.array_equal(recoded(ROWS, (AMOUNT, DISPUTE), (AMOUNT, other)), ROWS, equal_nan=True)
