"""One standard error, the simpler wins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.trainer.comparison.samples import trial
from trainer.algorithm import algorithm_names
from trainer.comparison.candidate import SIMPLEST_FIRST
from trainer.comparison.selection import choose, equals

AUCS = st.lists(st.floats(0.5, 0.9), min_size=3, max_size=3)


def test_the_order_of_simplicity_names_every_algorithm():
    assert sorted(SIMPLEST_FIRST) == sorted(algorithm_names())


def test_a_simpler_one_within_one_standard_error_is_chosen():
    simple, best = trial("lightgbm", 0.70, 0.72, 0.74), trial("catboost", 0.71, 0.715, 0.742)
    found = choose([best, simple])
    assert (found.chosen, found.best) == (simple, best)
    first, second = found.standings
    assert (first.trial, second.trial) == (simple, best)
    # Shortfalls are 0.01, -0.005 and 0.002: standard deviation 0.0075056, over the root of three.
    assert (first.shortfall, first.standard_error) == pytest.approx((0.0023333333, 0.0043333333), abs=1e-9)
    assert (first.as_good, second.shortfall, second.as_good) == (True, 0.0, True)


def test_folds_that_are_hard_for_all_are_no_reason_to_think_them_equal():
    simple, best = trial("lightgbm", 0.60, 0.70, 0.80), trial("catboost", 0.61, 0.71, 0.81)
    assert choose([simple, best]).chosen == best


def test_its_own_settings_are_simpler_than_tuned_ones_and_pruned_trials_do_not_count():
    own = trial("xgboost", 0.700, 0.710, 0.720)
    tuned = trial("xgboost", 0.704, 0.709, 0.720, number=2)
    worse = trial("xgboost", 0.6, 0.6, 0.6, number=1)
    pruned = trial("lightgbm", 0.9, pruned=True, number=1)
    found = choose([pruned, tuned, worse, own])
    assert [one.trial for one in found.standings] == [own, tuned]
    assert (found.best, found.chosen) == (tuned, own)


def test_of_equals_the_simpler_is_best_too():
    one, other = trial("base_rate", 0.5, 0.5), trial("random_forest", 0.5, 0.5)
    assert choose([other, one]).best == one


@given(st.lists(st.tuples(st.sampled_from(SIMPLEST_FIRST), AUCS), min_size=1, max_size=6, unique_by=lambda one: one[0]))
def test_nobody_is_chosen_who_is_not_as_good_and_nobody_as_good_is_simpler(drawn):
    found = choose([trial(name, *aucs) for name, aucs in drawn])
    as_good = [one.trial for one in found.standings if one.as_good]
    assert found.best in as_good
    assert found.chosen == min(as_good, key=lambda one: SIMPLEST_FIRST.index(one.algorithm))
    assert found.best.mean_auc == max(one.trial.mean_auc for one in found.standings)


def test_every_trial_as_good_by_the_rule_is_an_equal_of_the_best():
    best, tuned = trial("catboost", 0.71, 0.715, 0.742, number=1), trial("lightgbm", 0.70, 0.72, 0.74, number=2)
    worse, given_up = trial("lightgbm", 0.6, 0.6, 0.6), trial("catboost", 0.71, 0.715, number=3, pruned=True)
    assert equals([worse, tuned, best, given_up], best) == (tuned, best)
