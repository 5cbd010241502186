"""Settings that a portfolio fixes in place of the trainer's."""

from dataclasses import replace

import pytest

from credit.portfolios import Setting
from tests.unit.trainer.algorithms.samples import draw
from trainer.algorithm import algorithm_named
from trainer.errors import TrainingError
from trainer.fixed_settings import with_fixed

SAMPLE = draw(1500, 1)
XGBOOST = algorithm_named("xgboost")
CHOSEN = XGBOOST.settings_for(SAMPLE, stopping=True)


def fixed(*settings, chosen=CHOSEN, algorithm="xgboost"):
    return with_fixed(chosen, [Setting(*one) for one in settings], algorithm=algorithm, place="here")


def test_what_is_fixed_is_taken_and_the_rest_stays():
    assert fixed(("depth", 6), ("l2", 1), ("bad_weight", "balanced")) == replace(
        CHOSEN, depth=6, l2=1, bad_weight="balanced"
    )
    assert fixed() == CHOSEN


def test_a_fixed_number_of_rounds_is_grown_to_the_end_unless_patience_is_fixed_too():
    assert CHOSEN.patience is not None
    assert fixed(("rounds", 200)) == replace(CHOSEN, rounds=200, patience=None)
    assert fixed(("rounds", 200), ("patience", 9)) == replace(CHOSEN, rounds=200, patience=9)


def test_a_linear_model_has_settings_as_well():
    chosen = algorithm_named("logistic_regression").settings_for(SAMPLE, stopping=False)
    found = fixed(("inverse_penalty", 0.5), chosen=chosen, algorithm="logistic_regression")
    assert found == replace(chosen, inverse_penalty=0.5)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (("leaves", 6), r"here leaves: xgboost has no such setting; it has rounds, patience, depth, learning_rate"),
        (("depth", 6.5), r"here depth: xgboost takes a whole number, not 6\.5"),
        (("depth", True), r"here depth: xgboost takes a whole number, not True"),
        (("l2", "much"), r"here l2: xgboost takes a number, not 'much'"),
        (("bad_weight", "even"), r"here bad_weight: xgboost takes a number or 'balanced', not 'even'"),
        (("patience", "long"), r"here patience: xgboost takes a whole number, not 'long'"),
    ],
)
def test_what_the_algorithm_does_not_take_is_refused(setting, message):
    with pytest.raises(TrainingError, match=message):
        fixed(setting)


def test_an_algorithm_without_settings_takes_none():
    none = algorithm_named("base_rate").settings_for(SAMPLE, stopping=False)
    with pytest.raises(TrainingError, match="here depth: base_rate has no such setting; it has none"):
        fixed(("depth", 6), chosen=none, algorithm="base_rate")
