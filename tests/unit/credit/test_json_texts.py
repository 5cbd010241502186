"""The fast codec's texts are Python's, whatever the size of a number and the letters of a name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.json_texts import numbers_object, strings_list

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SMALL = st.floats(-1e-3, 1e-3)
USUAL = st.floats(1e-4, 1e6)
POWERS = st.builds(lambda digits, exponent: digits * 10.0**exponent, st.integers(-99, 99), st.integers(-12, 22))
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def as_python(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@given(st.dictionaries(TEXT, st.none() | USUAL) | st.dictionaries(TEXT, st.none() | FINITE | SMALL | POWERS))
def test_objects_of_numbers_are_as_python_writes_them(values):
    assert numbers_object(values, by_name=False) == as_python(values)
    assert numbers_object(values, by_name=True) == as_python({name: values[name] for name in sorted(values)})


@given(st.lists(TEXT))
def test_lists_of_strings_are_as_python_writes_them(values):
    assert strings_list(values) == strings_list(tuple(values)) == as_python(values)


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
    assert numbers_object({"b": value, "a": None}, by_name=True) == f'{{"a":null,"b":{text}}}'
