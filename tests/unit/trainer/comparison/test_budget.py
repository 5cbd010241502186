"""Trials shared out by how much there is to tune."""

from hypothesis import given
from hypothesis import strategies as st

from trainer.comparison.budget import shares


def test_thirty_trials_over_what_is_tuned():
    dimensions = {"base_rate": 0, "logistic_regression": 1, "random_forest": 3, "catboost": 5, "lightgbm": 6}
    assert shares(30, dimensions) == {
        "base_rate": 0,
        "logistic_regression": 2,
        "random_forest": 6,
        "catboost": 10,
        "lightgbm": 12,
    }


def test_without_anything_to_tune_nothing_is_tried():
    assert shares(5, {"base_rate": 0}) == {"base_rate": 0}


@given(st.integers(0, 200), st.dictionaries(st.text(min_size=1), st.integers(0, 9), min_size=1, max_size=6))
def test_all_are_shared_out_in_proportion_to_less_than_one_trial(trials, dimensions):
    found, whole = shares(trials, dimensions), sum(dimensions.values())
    assert found.keys() == dimensions.keys()
    assert sum(found.values()) == (trials if whole else 0)
    for name, count in dimensions.items():
        assert abs(found[name] - (trials * count / whole if whole else 0)) < 1
