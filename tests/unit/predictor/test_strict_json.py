"""JSON is read one way or not at all."""

import json
import math
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.errors import BadInputError
from predictor.strict_json import as_object, as_text, object_of, parse_json, to_json

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


class Name(str):
    """A key that counts how often it is compared."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def test_a_repeated_key_is_found_in_time_linear_in_the_keys():
    pairs = [(Name(number), None) for number in range(5000)]
    Name.compared = 0
    with pytest.raises(BadInputError, match=r"^4999: the key is given twice"):
        object_of([*pairs, (Name(4999), None)])
    assert Name.compared < 5 * len(pairs)  # a dictionary compares where hashes collide


@pytest.mark.parametrize("depth", [1_000, 1_000_000])
@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_depth_is_refused_not_followed(opened, depth):
    assert refusal((opened * depth).encode()) in {
        "body: is nested too deeply",
        f"body, line 1 column {len(opened) * depth + 1}: malformed JSON: Expecting value",
    }


@pytest.mark.parametrize("number", ["9" * 401, "-" + "9" * 1_000_000])
def test_digits_that_no_double_has_are_not_made_a_number(number):
    assert refusal(f"[{number}]".encode()) == f"body: a number has {len(number)} digits"


@pytest.mark.parametrize(
    "value", [10**399, [10**399], "x" * 10**6, {"x" * 10**6: 1}, ["x" * 10**6], {"a": ["x"] * 10**5}, None, 1e308]
)
def test_a_message_does_not_quote_what_is_long(value):
    for place in ("a", "body"):
        with pytest.raises(BadInputError) as refused:
            as_text(value if not isinstance(value, str) else [value], place)
        assert len(str(refused.value)) < 500
    with pytest.raises(BadInputError) as refused:
        as_object({"x" * 10**6: value}, "body", allowed=("a",))
    assert len(str(refused.value)) < 500


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
        assert any(category(character) in {"Cc", "Cs"} for character in text)
    else:
        assert kept.encode().decode() == text
        assert not any(category(character) in {"Cc", "Cs"} for character in kept)


@pytest.mark.parametrize("control", ["\0", "\n", "\x1f", "\x7f", "\x80", "\x85", "\x9f", "\ud800"])
def test_controls_are_refused_wherever_they_stand_in_unicode(control):
    with pytest.raises(BadInputError, match=r"^user_id: control characters and lone surrogates are not allowed$"):
        as_text(f"a{control}b", "user_id")


def test_letters_beside_controls_are_taken():
    assert as_text(" ~\xa0é€\U0001f600", "user_id") == " ~\xa0é€\U0001f600"
