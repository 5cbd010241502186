"""JSON is read one way or not at all."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.errors import BadInputError
from predictor.strict_json import as_text, parse_json, to_json

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(VALUES)
def test_what_is_written_is_read_back(value):
    # Half characters are no UTF-8: what is answered holds none, because as_text lets none in.
    text = json.dumps(value)
    assert parse_json(text.encode()) == value


@given(VALUES.filter(lambda value: "\\ud" not in json.dumps(value)))
def test_answers_are_strict_json(value):
    assert json.loads(to_json(value), parse_constant=pytest.fail) == value


def refusal(body: bytes) -> str:
    try:
        parse_json(body)
    except BadInputError as error:
        return f"{error.place}: {error.reason}"
    return ""


@given(st.binary(max_size=60))
def test_any_bytes_are_read_as_the_standard_reads_them_or_refused(body):
    try:
        json.loads(body.decode())
    except ValueError:
        assert refusal(body).startswith("body")
    else:
        assert refusal(body) in {"", "body: the key is given twice in one object"}


@given(st.dictionaries(st.sampled_from("abc"), st.integers(), min_size=1), st.data())
def test_a_repeated_key_is_refused_wherever_it_stands(fields, data):
    repeated = data.draw(st.sampled_from(sorted(fields)))
    pairs = [*fields.items(), (repeated, 0)]
    text = "[{%s}]" % ", ".join(f"{json.dumps(key)}: {value}" for key, value in pairs)  # noqa: UP031 - braces
    with pytest.raises(BadInputError, match=f"{repeated}: the key is given twice"):
        parse_json(text.encode())


def test_the_token_nan_is_read_as_a_float():
    assert math.isnan(parse_json(b"NaN"))


def test_an_answer_never_holds_nan():
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json([math.nan])


@given(st.text(min_size=1, max_size=256))
def test_a_text_is_what_a_database_can_hold(text):
    try:
        kept = as_text(text, "user_id")
    except BadInputError:
        assert any(character < " " or "\ud800" <= character <= "\udfff" for character in text)
    else:
        assert kept.encode().decode() == text
        assert "\0" not in kept
