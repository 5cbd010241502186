"""JSON texts by a fast codec, equal to what Python's own writes; no other module of this room knows orjson."""

from collections.abc import Mapping, Sequence

import orjson

_LEAST, _MOST = 1e-4, 1e16
"""Between them, and at 0, codecs write a number alike: `repr` has 1e-05 and 1e+16 for orjson's 0.00001 and 1e16."""


def all_usual(values: Mapping[str, float | None]) -> bool:
    """Whether all numbers are of a size that codecs write alike."""
    # Zeros and absent ones are dropped.
    sizes = list(map(abs, filter(None, values.values())))
    return not sizes or (min(sizes) >= _LEAST and max(sizes) < _MOST)


def numbers_object(values: Mapping[str, float | None], *, by_name: bool, usual: bool = False) -> str:
    """An object of finite floats as `repr` writes them, None as null, in the order of names or as given.

    The text of a number is the shortest that reads back to the same bits. `usual` says that `all_usual` was true.
    """
    if usual or all_usual(values):
        return orjson.dumps(values, option=orjson.OPT_SORT_KEYS if by_name else None).decode()
    names = sorted(values) if by_name else values
    return "{" + ",".join([f"{_string(name)}:{_number(values[name])}" for name in names]) + "}"


def strings_list(values: Sequence[str]) -> str:
    """A list of strings, with what is not ASCII as it is."""
    return orjson.dumps(values).decode()


def _number(value: float | None) -> str:
    return "null" if value is None else repr(value)


def _string(name: str) -> str:
    return orjson.dumps(name).decode()
