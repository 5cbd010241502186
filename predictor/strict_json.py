"""JSON read strictly (one reading for each text, else an error) and written strictly (finite numbers only)."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from credit.printable import CONTROL
from predictor.errors import BadInputError

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None

MOST_DIGITS = 400
"""More digits than the largest double has; reading longer numbers is work without a use."""

LONGEST_TEXT = 256
"""Characters of an id or a name."""

_NO_TEXT = re.compile(f"[{CONTROL}\ud800-\udfff]")


def parse_json(body: bytes) -> Json:
    """The value of a UTF-8 JSON text. The tokens `NaN` and `Infinity` are read as floats: who uses them decides.

    Raises:
        BadInputError: where it is empty, not UTF-8, malformed, nested too deeply, or repeats a key.
    """
    if not body.strip():
        raise BadInputError("body", "is empty; a JSON text is needed")
    try:
        return _decode(body.decode())
    except UnicodeDecodeError as error:
        raise BadInputError("body", f"byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        place = f"body, line {error.lineno} column {error.colno}"
        raise BadInputError(place, f"malformed JSON: {error.msg}") from error
    except RecursionError as error:
        raise BadInputError("body", "is nested too deeply") from error


def to_json(value: Json) -> bytes:
    """UTF-8 JSON of finite numbers, in the order of the mappings.

    Raises:
        ValueError: where a number is not finite: a fault of ours, never of a request.
    """
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def as_object(value: Json, place: str, *, allowed: Sequence[str], required: Sequence[str] = ()) -> Mapping[str, Json]:
    """The value as an object that has all `required` fields and none but the `allowed`.

    Raises:
        BadInputError: naming the place and the field.
    """
    fields = as_mapping(value, place)
    for name in required:
        if name not in fields:
            raise BadInputError(inside(place, name), "is missing")
    for name in fields:
        if name not in allowed:
            raise BadInputError(inside(place, name), f"unknown field; there are {', '.join(allowed)}")
    return fields


def as_mapping(value: Json, place: str) -> Mapping[str, Json]:
    """The value as an object of any fields.

    Raises:
        BadInputError: naming the place.
    """
    # What parsers give is asked for by its type: the abstract class takes ten times as long to answer.
    if isinstance(value, dict) or isinstance(value, Mapping):  # noqa: SIM101
        return value
    raise BadInputError(place, f"an object is needed, not {kind_of(value)}")


def as_list(value: Json, place: str) -> Sequence[Json]:
    """The value as a list.

    Raises:
        BadInputError: naming the place.
    """
    if isinstance(value, list) or (isinstance(value, Sequence) and not isinstance(value, str)):
        return value
    raise BadInputError(place, f"a list is needed, not {kind_of(value)}")


def as_text(value: Json, place: str) -> str:
    """The value as a text of 1 to 256 characters that a database can hold.

    Raises:
        BadInputError: naming the place.
    """
    if not isinstance(value, str):
        raise BadInputError(place, f"a string is needed, not {kind_of(value)}")
    if not 1 <= len(value) <= LONGEST_TEXT:
        raise BadInputError(place, f"1 to {LONGEST_TEXT} characters are needed, not {len(value)}")
    if _NO_TEXT.search(value):
        raise BadInputError(place, "control characters and lone surrogates are not allowed")
    return value


def kind_of(value: Json) -> str:
    """What a value is called in JSON, with the value itself where it is short."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return "a string" if len(value) > 40 else f"the string {json.dumps(value)}"
    return "an object" if isinstance(value, Mapping) else "a list"


def inside(place: str, name: str) -> str:
    """The place of a field inside `place`; unprintable or long names are shown shortened."""
    shown = name if name.isprintable() and len(name) <= 64 else json.dumps(name[:64])
    return f"{place}.{shown}" if place != "body" else shown


def object_of(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    """The object of these keys and values, in time linear in their number.

    Raises:
        BadInputError: naming the first key that was there before.
    """
    fields = dict(pairs)
    if len(fields) != len(pairs):
        repeated = _first_repeated(name for name, _ in pairs)
        raise BadInputError(inside("body", repeated), "the key is given twice in one object")
    return fields


def _decode(text: str) -> Json:
    value: Json = json.loads(text, object_pairs_hook=object_of, parse_int=_integer)
    return value


def _first_repeated(names: Iterable[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    raise AssertionError("no name is repeated")


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise BadInputError("body", f"a number has {len(digits)} digits")
    return int(digits)
