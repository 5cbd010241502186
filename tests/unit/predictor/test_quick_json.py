"""The fast codec reads what the strict parser reads, and nothing else."""

import json
import math
import struct

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from predictor.errors import BadInputError
from predictor.quick_json import read_json, write_json
from predictor.strict_json import Json, as_object, parse_json

NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def in_doubles(value: Json) -> object:
    """The value with every number as the bits of its double: rows are made of these."""
    if isinstance(value, dict):
        return {key: in_doubles(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [in_doubles(inner) for inner in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return struct.pack("<d", 0.0 if value == 0 and isinstance(value, int) else float(value))


def reading(body: bytes, read) -> object:
    try:
        return in_doubles(read(body))
    except BadInputError as error:
        return str(error)


@given(VALUES, st.booleans())
def test_a_text_has_the_strict_parsers_value_to_the_bit(value, ascii_only):
    body = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert reading(body, lambda given: read_json(given, lambda value: value)) == reading(body, parse_json)


@given(st.binary(max_size=60))
@example(b'{"a":1,"a":1}')
@example(b'[{"a":{"b":1,"b":2}}]')
@example(b'{"a":1,"\\u0061":2}')
@example(b"[NaN, -Infinity]")
@example(b"[1e999]")
@example(b"[" * 2000 + b"]" * 2000)
@example(b"[" * 990 + b'"x"' + b"]" * 990)
@example(b"\xef\xbb\xbf{}")
def test_any_bytes_are_read_or_refused_as_by_the_strict_parser(body):
    assert reading(body, lambda given: read_json(given, lambda value: value)) == reading(body, parse_json)


def test_what_is_refused_is_refused_in_the_strict_parsers_words():
    # The codec would show a whole number beyond 64 bits as a float.
    with pytest.raises(BadInputError, match=r"a: unknown field"):
        read_json(b'{"a": 1}', lambda value: as_object(value, "body", allowed=("b",)))
    refused = []

    def refuse(value: Json) -> None:
        refused.append(value)
        raise BadInputError("body", f"not {value}")

    with pytest.raises(BadInputError, match="not 123456789012345678901"):
        read_json(b"123456789012345678901", refuse)
    assert refused == [123456789012345678901.0, 123456789012345678901]


@given(VALUES.filter(lambda value: "\\ud" not in json.dumps(value)))
def test_what_is_written_is_strict_json_of_the_same_value(value):
    def refuse(token):
        pytest.fail(token)

    # Whole numbers beyond 64 bits are answered nowhere.
    try:
        text = write_json(value)
    except orjson.JSONEncodeError:
        return
    assert json.loads(text, parse_constant=refuse) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_comes_back_with_its_bits(number):
    assert struct.pack("<d", json.loads(write_json([number]))[0]) == struct.pack("<d", number)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_a_fault_of_ours(number):
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json({"id": "null", "data": [1.0, number]})


def test_an_id_may_be_called_null():
    assert write_json({"id": "null"}) == b'{"id":"null"}'
