from dataclasses import replace

import numpy as np
import pytest

from credit.portfolios import Direction, Feature, FeatureKind
from trainer.algorithm import Weights
from trainer.importance import Importance, observed_direction, rank_importance


def feature(name: str, direction: Direction) -> Feature:
    return Feature(name, FeatureKind.NUMERIC, "count", direction, name)


def test_metrics_are_ranked_with_their_directions() -> None:
    x = np.column_stack([np.arange(10.0), np.arange(10.0), np.zeros(10)])
    contributions = np.column_stack([np.linspace(-0.1, 0.1, 10), np.linspace(0.9, -0.9, 10), np.zeros(10)])
    features = [feature("debt", -1), feature("pay", 1), feature("unused", 0)]
    found = rank_importance(features, x, contributions, Weights("gain", np.array([3.0, 9.0, 0.0])), monotone=True)
    assert [one.metric for one in found] == ["pay", "debt", "unused"]
    assert found[0] == Importance("pay", pytest.approx(0.5), pytest.approx(0.9), 9.0, "gain", 1, 1, enforced=True)
    assert [one.wording for one in found] == [
        "increases repayment probability",
        "decreases repayment probability",
        "is not used",
    ]


def test_a_direction_that_holds_by_construction_is_worded_though_few_rows_show_another() -> None:
    enforced = Importance("pay", 0.1, 0.2, 3.0, "gain", declared=1, observed=-1, enforced=True)
    assert enforced.wording == "increases repayment probability"
    assert replace(enforced, enforced=False).wording == "decreases repayment probability"


def test_missing_values_and_flat_contributions_have_no_trend() -> None:
    values = np.array([np.nan, 1.0, 2.0, 3.0])
    assert observed_direction(values, np.array([-9.0, 0.1, 0.2, 0.3])) == -1
    assert observed_direction(values, np.zeros(4)) == 0
    assert observed_direction(np.full(4, np.nan), np.arange(4.0)) == 0


def test_a_linear_model_is_ranked_and_worded_by_its_coefficients() -> None:
    x = np.column_stack([np.arange(10.0)] * 3)
    contributions = np.column_stack([np.linspace(-9, 9, 10), np.linspace(1, -1, 10), np.zeros(10)])
    features = [feature("debt", 1), feature("pay", 1), feature("unused", 0)]
    weights = Weights("coefficient", np.array([0.5, -2.0, 0.0]))
    found = rank_importance(features, x, contributions, weights, monotone=False)
    assert [(one.metric, one.weight, one.wording) for one in found] == [
        ("pay", -2.0, "decreases default risk"),
        ("debt", 0.5, "increases default risk"),
        ("unused", 0.0, "is not used"),
    ]


def test_codes_of_categories_have_no_trend() -> None:
    codes = np.arange(10.0)[:, None]
    coded = replace(feature("country", 0), kind=FeatureKind.CATEGORICAL, categories=("a", "b"))
    (found,) = rank_importance([coded], codes, codes, Weights("gain", np.ones(1)), monotone=False)
    assert (found.observed, found.wording) == (0, "has no trend")
