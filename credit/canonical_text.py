"""Parts of canonical records as text, each written once: for the hash, the stored row and the answer.

`credit.ledger.canonical_bytes` is the definition; a property test holds these to it, byte for byte.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from math import isfinite
from uuid import UUID

import numpy as np
import numpy.typing as npt

from credit.json_texts import FieldNames, list_texts, number_texts
from credit.ledger import LedgerError

quoted: Callable[[str], str] = encode_basestring
"""A string as JSON, with what is not ASCII as it is."""


class NamedNumbers:
    """Numbers by name, null where unknown, each written once."""

    __slots__ = ("_names", "_texts")

    def __init__(self, names: FieldNames, texts: Sequence[str]) -> None:
        self._names = names
        self._texts = texts

    @property
    def canonical(self) -> str:
        """A JSON object with its keys sorted."""
        return self._names.by_name(self._texts)

    @property
    def as_given(self) -> str:
        """A JSON object with its keys as they were given."""
        return self._names.as_given(self._texts)


def named_numbers(values: Mapping[str, float | None]) -> NamedNumbers:
    """Numbers, None where unknown; -0.0 as 0.0.

    Raises:
        LedgerError: where one is not finite, naming it.
    """
    # Adding 0.0 turns -0.0 into 0.0.
    numbers = [None if value is None else value + 0.0 for value in values.values()]
    # One look at the sum spares one at each: it is finite only where all of them are.
    if not isfinite(sum([number for number in numbers if number is not None])):
        _check_finite(values)
    return NamedNumbers(_names(tuple(values)), list_texts(numbers))


def named_rows(
    names: tuple[str, ...], rows: npt.NDArray[np.float64], *, may_be_unknown: bool = False
) -> list[NamedNumbers]:
    """As `named_numbers`, of each row of float64 [n, d]: many rows are written at once.

    Where numbers may be unknown, NaN stands for that.

    Raises:
        LedgerError: where another one is not finite, naming it.
    """
    refused = np.isinf(rows) if may_be_unknown else ~np.isfinite(rows)
    if refused.any():
        row, place = np.argwhere(refused)[0]
        raise _not_finite(names[place], rows[row, place])
    of_all = _names(names)
    return [NamedNumbers(of_all, texts) for texts in number_texts(rows + 0.0)]


def numbers_list(values: Sequence[float]) -> list[str]:
    """As `number`, of each of some numbers: they are written at once.

    Raises:
        LedgerError: where one is not finite.
    """
    if not isfinite(sum(values)):
        return [number(value) for value in values]
    return list_texts([value + 0.0 for value in values])


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


@lru_cache(maxsize=64)
def _names(names: tuple[str, ...]) -> FieldNames:
    return FieldNames(names)


def _check_finite(values: Mapping[str, float | None]) -> None:
    for name, value in values.items():
        if value is not None and not isfinite(value):
            raise _not_finite(name, value)


def _not_finite(name: str, value: float) -> LedgerError:
    return LedgerError(f"{name}: {value} has no canonical form; a missing number is null")
