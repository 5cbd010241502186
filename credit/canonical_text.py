"""Parts of canonical records as text, each written once: for the hash, the stored row and the answer.

`credit.ledger.canonical_bytes` is the definition; a property test holds these to it, byte for byte.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from math import isfinite
from uuid import UUID

from credit.json_texts import all_usual, numbers_object
from credit.ledger import LedgerError

quoted: Callable[[str], str] = encode_basestring
"""A string as JSON, with what is not ASCII as it is."""


class NamedNumbers:
    """Numbers by name, None where unknown."""

    __slots__ = ("_usual", "_values")

    def __init__(self, values: Mapping[str, float | None]) -> None:
        """Raise LedgerError where a number is not finite, naming it."""
        # Adding 0.0 turns -0.0 into 0.0.
        self._values = {name: None if value is None else value + 0.0 for name, value in values.items()}
        # One look at the sum spares one at each: it is finite only where all of them are.
        if not isfinite(sum([value for value in self._values.values() if value is not None])):
            _check_finite(values)
        self._usual = all_usual(self._values)

    @property
    def canonical(self) -> str:
        """A JSON object with its keys sorted."""
        return numbers_object(self._values, by_name=True, usual=self._usual)

    @property
    def as_given(self) -> str:
        """A JSON object with its keys as they were given."""
        return numbers_object(self._values, by_name=False, usual=self._usual)


def number(value: float) -> str:
    """A finite number; -0.0 as 0.0.

    Raises:
        LedgerError: where it is not finite.
    """
    if not isfinite(value):
        raise LedgerError(f"{value} has no canonical form; a missing number is null")
    return repr(value + 0.0)


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
