"""The fast codec's texts are Python's, whatever the size of a number and the letters of a name."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.json_texts import FieldNames, list_texts, number_texts, strings_list

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SMALL = st.floats(-1e-3, 1e-3)
USUAL = st.floats(1e-4, 1e6)
POWERS = st.builds(lambda digits, exponent: digits * 10.0**exponent, st.integers(-99, 99), st.integers(-12, 22))
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def as_python(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


NUMBERS = st.none() | USUAL | FINITE | SMALL | POWERS


def as_rows(numbers):
    return np.array([[math.nan if number is None else number for number in numbers]])


@given(st.lists(st.none() | USUAL) | st.lists(NUMBERS))
def test_numbers_are_as_python_writes_them(numbers):
    assert list_texts(numbers) == list(map(as_python, numbers))


@given(st.integers(0, 4), st.integers(0, 6), st.data())
def test_rows_of_numbers_are_written_as_each_alone(rows, columns, draw):
    numbers = [draw.draw(st.lists(NUMBERS, min_size=columns, max_size=columns)) for _ in range(rows)]
    together = np.concatenate([np.empty((0, columns)), *map(as_rows, numbers)])
    assert number_texts(together) == [list(map(as_python, row)) for row in numbers]


@given(st.dictionaries(TEXT, st.integers()))
def test_objects_are_as_python_writes_them(values):
    names, texts = FieldNames(tuple(values)), list(map(str, values.values()))
    assert names.as_given(texts) == as_python(values)
    assert names.by_name(texts) == as_python({name: values[name] for name in sorted(values)})


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
    assert list_texts([value, None]) == number_texts(np.array([[value, math.nan]]))[0] == [text, "null"]
