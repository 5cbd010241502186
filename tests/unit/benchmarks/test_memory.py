"""The rule by which a server's memory is flat."""

import pytest

from benchmarks.serving.memory import GROWTH, growth, later_thirds

MIB = 2**20


@pytest.mark.parametrize(
    ("samples", "found"),
    [
        ([100, 150, 160, 160, 160, 160, 160, 160, 160], 1.0),  # what fills at first does not count
        ([150, 150, 150, 160, 160, 160, 200, 200, 200], 1.25),
        ([150, 150, 150, 160, 900, 160, 160, 160, 900], 1.0),  # nor does a single peak
        ([160, 160, 160, 160, 160, 160, 80, 80, 80], 0.5),
        ([1, 1, 1, 2, 2, 3, 3], 1.5),  # what is left over belongs to the first third
        ([1, 2], None),
        ([], None),
    ],
)
def test_the_last_third_is_compared_with_the_middle_one(samples, found):
    assert growth(samples) == found


def test_a_leak_of_a_mebibyte_a_minute_shows_in_half_an_hour():
    leaking = [(150 + minute) * MIB for minute in range(30)]
    assert growth(leaking) > GROWTH
    assert later_thirds(leaking) == (164.5 * MIB, 174.5 * MIB)
