"""The fast codec's numbers are Python's, whatever their size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.number_texts import number_texts

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SMALL = st.floats(-1e-3, 1e-3)
POWERS = st.builds(lambda digits, exponent: digits * 10.0**exponent, st.integers(-99, 99), st.integers(-12, 22))


@given(st.lists(st.none() | FINITE | SMALL | POWERS))
def test_numbers_are_as_python_writes_them(values):
    assert number_texts(values) == ["null" if value is None else repr(value) for value in values]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-5, "1e-05"),
        (1e-4, "0.0001"),
        (1e16, "1e+16"),
        (1e15, "1000000000000000.0"),
        (-0.0, "-0.0"),
        (5e-324, "5e-324"),
    ],
)
def test_the_forms_in_which_codecs_differ(value, text):
    assert number_texts([value, None]) == [text, "null"]
