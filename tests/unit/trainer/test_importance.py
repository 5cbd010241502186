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
