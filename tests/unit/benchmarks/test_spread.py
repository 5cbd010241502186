"""Medians, quartiles, and ratios of rounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.spread import Spread, spread_of, times_as_fast

SECONDS = st.floats(1e-9, 1e3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3.0], Spread(3.0, 3.0, 3.0)),
        ([1.0, 2.0], Spread(1.25, 1.5, 1.75)),
        ([5.0, 1.0, 4.0, 2.0, 3.0], Spread(2.0, 3.0, 4.0)),
    ],
)
def test_quartiles(values, expected):
    assert spread_of(values) == expected


def test_nothing_has_no_spread():
    with pytest.raises(ValueError, match="no value to summarise"):
        spread_of([])


@given(st.lists(SECONDS, min_size=1))
def test_quartiles_are_in_order_and_within_the_values(values):
    spread = spread_of(values)
    low, high = min(values), max(values)
    assert low * (1 - 1e-12) <= spread.lower <= spread.median <= spread.upper <= high * (1 + 1e-12)


def test_a_ratio_is_taken_round_by_round():
    # The machine was three times slower in the second round: the ratio does not see it.
    assert times_as_fast([8.0, 24.0, 8.0], [2.0, 6.0, 2.0]) == Spread(4.0, 4.0, 4.0)


@given(st.lists(SECONDS, min_size=1))
def test_everybody_is_once_as_fast_as_itself(durations):
    assert times_as_fast(durations, durations) == Spread(1.0, 1.0, 1.0)


def test_rounds_that_do_not_pair_are_refused():
    with pytest.raises(ValueError, match="zip"):
        times_as_fast([1.0, 2.0], [1.0])
