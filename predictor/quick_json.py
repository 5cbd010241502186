"""JSON read and written by a fast codec, with the meaning of `strict_json`; no other module knows orjson."""

from collections.abc import Callable
from typing import TypeVar

import orjson

from predictor.errors import BadInputError
from predictor.strict_json import Json, parse_json, to_json

T = TypeVar("T")


def read_json(body: bytes, read: Callable[[Json], T]) -> T:
    """What `read` makes of the value of a UTF-8 JSON text.

    Where the fast codec finds anything but one plain reading, and where `read` refuses its value, `parse_json` decides
    and `read` is asked again, so that what is refused, and in which words, does not depend on the codec.

    Raises:
        BadInputError: as `parse_json`, and as `read`.
    """
    try:
        return read(_quickly(body))
    except (BadInputError, _UnusualError):
        return read(parse_json(body))


def write_json(value: Json) -> bytes:
    """As `to_json`, of numbers in their shortest form."""
    text = orjson.dumps(value)
    # What is not finite became null. Answers hold no null else, but a client's id may have these letters.
    return to_json(value) if b"null" in text else text


class _UnusualError(Exception):
    """The text is wrong, or one for the strict parser."""


def _quickly(body: bytes) -> Json:
    try:
        value: Json = orjson.loads(body)
        # A repeated key is the codec's one tolerance, and shows in fewer strings than the text has: each one there
        # has two quotes, as long as none is escaped.
        if b"\\" in body or body.count(b'"') != orjson.dumps(value).count(b'"'):
            raise _UnusualError
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError) as error:
        raise _UnusualError from error
    return value
