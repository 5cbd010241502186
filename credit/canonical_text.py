"""Parts of canonical records as text, each written once: for the hash, the stored row and the answer.

`credit.ledger.canonical_bytes` is the definition; a property test holds these to it, byte for byte.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from math import isfinite
from operator import add, itemgetter
from uuid import UUID

from credit.ledger import LedgerError
from credit.number_texts import number_texts

quoted: Callable[[str], str] = encode_basestring
"""A string as JSON, with what is not ASCII as it is."""


class NamedNumbers:
    """Numbers by name, None where unknown; each number is written once."""

    __slots__ = ("_names", "_pieces")

    def __init__(self, values: Mapping[str, float | None]) -> None:
        """Raise LedgerError where a number is not finite, naming it."""
        self._names = tuple(values)
        keys, _ = _written_names(self._names)
        plain = [None if value is None else value + 0.0 for value in values.values()]
        # One look at the sum spares one at each: it is finite only where all of them are.
        if not isfinite(sum([value for value in plain if value is not None])):
            _check_finite(values)
        self._pieces = list(map(add, keys, number_texts(plain)))

    @property
    def canonical(self) -> str:
        """A JSON object with its keys sorted."""
        _, in_order = _written_names(self._names)
        return "{" + ",".join(in_order(self._pieces)) + "}"

    @property
    def as_given(self) -> str:
        """A JSON object with its keys as they were given."""
        return "{" + ",".join(self._pieces) + "}"


def number(value: float) -> str:
    """A finite number; -0.0 as 0.0.

    Raises:
        LedgerError: where it is not finite.
    """
    if not isfinite(value):
        raise LedgerError(f"{value} has no canonical form; a missing number is null")
    return repr(value + 0.0)


def texts(values: Iterable[str]) -> str:
    """A JSON list of strings."""
    return "[" + ",".join(map(quoted, values)) + "]"


def named_texts(values: Mapping[str, str]) -> str:
    """A JSON object of strings with its keys sorted."""
    return "{" + ",".join(f"{quoted(name)}:{quoted(values[name])}" for name in sorted(values)) + "}" if values else "{}"


def optional_text(value: str | UUID | None) -> str:
    """A JSON string, or null."""
    return "null" if value is None else quoted(str(value))


@lru_cache(maxsize=16)
def time_text(value: datetime) -> str:
    """A time in UTC with six decimals of a second, without quotation marks.

    Raises:
        LedgerError: where it has no zone.
    """
    if value.tzinfo is None:
        raise LedgerError(f"{value.isoformat()} has no time zone; times of the ledger are UTC")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _check_finite(values: Mapping[str, float | None]) -> None:
    for name, value in values.items():
        if value is not None and not isfinite(value):
            raise LedgerError(f"{name}: {value} has no canonical form; a missing number is null")


@lru_cache(maxsize=64)
def _written_names(names: tuple[str, ...]) -> tuple[list[str], Callable[[Sequence[str]], Sequence[str]]]:
    # The names are the features of a few models: they are sorted and quoted once.
    order = sorted(range(len(names)), key=names.__getitem__)
    in_order: Callable[[Sequence[str]], Sequence[str]] = itemgetter(*order) if len(order) > 1 else list
    return [f"{quoted(name)}:" for name in names], in_order
