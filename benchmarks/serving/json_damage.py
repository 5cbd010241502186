"""JSON whose values are damaged, wherever they stand."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks.serving.draws import one_of

Json = Any
"""A JSON value as `json` reads it."""

JsonDamage = Callable[[np.random.Generator, Json], Json]
"""Damages a value of its own in place, and returns what takes its place."""

TOKENS = (
    *("1e999", "-1e999", "NaN", "Infinity", "-Infinity", "1" + "0" * 400, "9" * 5000, "-0.0", "5e-324", "1e-400"),
    *("1.7976931348623157e308", "1.7976931348623159e308", str(2**63), str(-(2**63) - 1), str(2**64), "0." + "1" * 400),
)
"""Numbers, some of which JSON has not."""

TEXTS = (
    *("", "\0", "\ud800", "\udfff\ud800", "x" * 257, "x" * 70_000, "\u202e", "é", "\U0001f600" * 200, "null", "rows"),
    *("'; DROP TABLE x; --", "{}", "__proto__", "../../etc/passwd", "NaN", "1", " ", "\n", "a\tb", "%s%n", "\x7f"),
)

_JUNK: tuple[Json, ...] = (
    *(None, True, False, 0, -1, 1.5, 2**31, 10**30, 1e300, -1e-300, [], {}, [[]], [None], {"": None}),
    *({"a": {"b": []}}, [1, "1", None], [0] * 1000, {str(key): key for key in range(100)}),
)


def marked(number: int) -> str:
    """A text that stands for one of `TOKENS` until the JSON is written."""
    return f"<token {number}>"


def written(value: Json) -> bytes:
    """The value as JSON, with tokens in the place of their marks."""
    text = json.dumps(value, ensure_ascii=True)
    for number, token in enumerate(TOKENS):
        text = text.replace(json.dumps(marked(number)), token)
    return text.encode()


def containers(value: Json) -> Iterator[Json]:
    """The value and what it holds, as far as these are objects and lists that hold something."""
    if isinstance(value, dict | list) and value:
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from containers(inner)


def _somewhere(rng: np.random.Generator, value: Json) -> tuple[Json, Json] | None:
    """A container, and a key or an index in it."""
    found = list(containers(value))
    if not found:
        return None
    container = one_of(rng, found)
    return container, one_of(rng, list(container) if isinstance(container, dict) else range(len(container)))


def _changed(new: Callable[[np.random.Generator, Json], Json]) -> JsonDamage:
    """Damage that replaces one value."""

    def damage(rng: np.random.Generator, value: Json) -> Json:
        place = _somewhere(rng, value)
        if place is None:
            return new(rng, value)
        container, key = place
        container[key] = new(rng, container[key])
        return value

    return damage


def _nested(rng: np.random.Generator, value: Json) -> Json:
    for _ in range(int(rng.integers(1, one_of(rng, (3, 50, 900))))):
        value = [value] if rng.random() < 0.7 else {"data": value}
    return value


def _removed(rng: np.random.Generator, value: Json) -> Json:
    place = _somewhere(rng, value)
    if place is not None:
        del place[0][place[1]]
    return value


def _renamed(rng: np.random.Generator, value: Json) -> Json:
    objects = [found for found in containers(value) if isinstance(found, dict)]
    if objects:
        fields = one_of(rng, objects)
        name = one_of(rng, list(fields))
        fields[one_of(rng, (*TEXTS, name.upper(), f"{name} ", name[:-1]))] = fields.pop(name)
    return value


def _added(rng: np.random.Generator, value: Json) -> Json:
    objects = [found for found in containers(value) if isinstance(found, dict)]
    if objects:
        one_of(rng, objects)[one_of(rng, (*TEXTS, "id", "parameters", "features", "data"))] = one_of(rng, _JUNK)
    return value


def _longer_or_shorter(rng: np.random.Generator, value: Json) -> Json:
    lists = [found for found in containers(value) if isinstance(found, list)]
    if lists:
        items = one_of(rng, lists)
        if rng.random() < 0.5:
            del items[int(rng.integers(len(items))) :]
        else:
            items.extend(items * int(rng.integers(1, 4)))
    return value


def key_doubled(rng: np.random.Generator, text: bytes) -> bytes:
    """A JSON text in which a key stands twice in one object, sometimes escaped."""
    begins = [place + 1 for place, byte in enumerate(text) if byte == ord("{")]
    if not begins:
        return text
    place = one_of(rng, begins)
    key = text[place:].partition(b":")[0]
    doubled = key if rng.random() < 0.5 else key.replace(key[1:2], b"\\u%04x" % key[1], 1) if len(key) > 2 else key
    return text[:place] + doubled + b":" + one_of(rng, (b"1", b"null", b"[]", b'"x"')) + b"," + text[place:]


JSON_DAMAGE: Mapping[str, JsonDamage] = {
    "another value": _changed(lambda rng, _: one_of(rng, _JUNK)),
    "a huge or odd number": _changed(lambda rng, _: marked(int(rng.integers(len(TOKENS))))),
    "an odd text": _changed(lambda rng, _: one_of(rng, TEXTS)),
    "nested deeply": _changed(_nested),
    "a field or item removed": _removed,
    "a field renamed": _renamed,
    "a field added": _added,
    "a list of another length": _longer_or_shorter,
}
