"""A chunk of a lender's file, checked: what can be loaded and what is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from credit.intake.amounts import exponents_of, read_minor, read_rate, refuse_below
from credit.intake.currencies import ISO_4217
from credit.intake.faults import Faults
from credit.intake.layout import CATEGORIES, STATUSES, FileColumn, FileLayout, Kind
from credit.intake.times import UTC_TIME, read_time, refuse_disorder, refuse_future
from credit.intake.words import read_flag, read_identifier, read_version, read_word

Ints = npt.NDArray[np.int64]
Reader = Callable[[Any, Faults, str], Any]


@dataclass(frozen=True, slots=True)
class Owners:
    """Stored accounts or advances: the lender's ids, our keys and their currencies, in one order."""

    ids: tuple[str, ...] = ()
    keys: tuple[int, ...] = ()
    currencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a chunk is checked against."""

    now: datetime
    owners: Owners = Owners()
    timezones: tuple[str, ...] = ()
    """Names that the database knows."""


_AMOUNTS = {Kind.AMOUNT, Kind.POSITIVE_AMOUNT, Kind.NON_NEGATIVE_AMOUNT, Kind.OWNER_AMOUNT}

_WORDS: Mapping[Kind, Reader] = {
    Kind.IDENTIFIER: read_identifier,
    Kind.CURRENCY: partial(read_word, vocabulary=ISO_4217, reason="is no ISO 4217 currency"),
    Kind.CATEGORY: partial(read_word, vocabulary=CATEGORIES, reason="is no category (docs/data.md lists them)"),
    Kind.STATUS: partial(read_word, vocabulary=STATUSES, reason="is neither posted nor pending"),
    Kind.TIME: read_time,
    Kind.PAST: read_time,
    Kind.RATE: read_rate,
    Kind.VERSION: read_version,
    Kind.FLAG: read_flag,
}

_TYPES: Mapping[Kind, Any] = {
    Kind.TIME: UTC_TIME,
    Kind.PAST: UTC_TIME,
    Kind.VERSION: pa.int32(),
    Kind.FLAG: pa.bool_(),
    **dict.fromkeys(_AMOUNTS, pa.int64()),
}


def check(table: Any, layout: FileLayout, around: Surroundings) -> tuple[dict[str, Any], Faults]:
    """The columns of a chunk in the database's types, the owner as our key, and the faults of its rows.

    Only rows that `Faults.sound` names can be loaded; other rows hold nulls or nonsense.
    """
    faults = Faults(table.num_rows)
    values = {c.name: _read(table, c, faults, around) for c in layout.columns if c.kind not in _AMOUNTS}
    positions = _owner_positions(values, layout, faults, around.owners)
    owner_currencies = pa.array(around.owners.currencies, pa.string()).take(positions)
    for column in layout.columns:
        if column.kind in _AMOUNTS:
            currencies = owner_currencies if column.kind is Kind.OWNER_AMOUNT else values["currency"]
            values[column.name] = _read_amount(table, column, currencies, faults)
    for earlier, later, strict in layout.ordered:
        refuse_disorder(values[earlier], values[later], faults, (earlier, later), strict=strict)
    if layout.owner is not None:
        values[layout.owner] = pa.array(around.owners.keys, pa.int64()).take(positions)
    if layout.owner == "advance_id":
        other = pc.not_equal(values["currency"], owner_currencies)
        faults.add(other, "currency", "is not the currency of the advance")
    return {column.name: values[column.name] for column in layout.columns}, faults


def _read(table: Any, column: FileColumn, faults: Faults, around: Surroundings) -> Any:
    raw = _raw(table, column, faults)
    if raw is None:
        return _absent(column, table.num_rows)
    if column.kind is Kind.TIMEZONE:
        values = read_word(raw, faults, column.name, around.timezones, "is no time zone of the IANA database")
    else:
        values = _WORDS[column.kind](raw, faults, column.name)
    if column.kind is Kind.PAST:
        refuse_future(values, faults, column.name, around.now)
    return values if column.default is None else pc.fill_null(values, column.default)


def _raw(table: Any, column: FileColumn, faults: Faults) -> Any:
    """The column as one Arrow array; None where the file leaves it out or it holds nothing at all."""
    if column.name not in table.column_names:
        return None
    raw = table.column(column.name)
    raw = raw.combine_chunks() if isinstance(raw, pa.ChunkedArray) else raw
    if pa.types.is_dictionary(raw.type):
        raw = raw.dictionary_decode()
    if not column.nullable and column.default is None:
        faults.add(pc.is_null(raw), column.name, "is missing")
    return None if pa.types.is_null(raw.type) else raw


def _absent(column: FileColumn, rows: int) -> Any:
    kind = _TYPES.get(column.kind, pa.string())
    return pa.nulls(rows, kind) if column.default is None else pa.repeat(pa.scalar(column.default, kind), rows)


def _owner_positions(values: Mapping[str, Any], layout: FileLayout, faults: Faults, owners: Owners) -> Any:
    """Where each row's owner stands in `owners`; null where it is unknown or there is none."""
    if layout.owner is None:
        return pa.nulls(len(values["version"]), pa.int32())
    given = values[layout.owner]
    found = pc.index_in(given, value_set=pa.array(owners.ids, pa.string()))
    noun = layout.owner.removesuffix("_id")
    faults.add(pc.and_(pc.is_valid(given), pc.is_null(found)), layout.owner, f"names no {noun} that is loaded")
    return found


def _read_amount(table: Any, column: FileColumn, currencies: Any, faults: Faults) -> Any:
    raw = _raw(table, column, faults)
    if raw is None:
        return _absent(column, table.num_rows)
    amounts = read_minor(raw, exponents_of(currencies), faults, column.name)
    if column.kind is Kind.POSITIVE_AMOUNT:
        refuse_below(amounts, faults, column.name, least=1)
    if column.kind is Kind.NON_NEGATIVE_AMOUNT:
        refuse_below(amounts, faults, column.name, least=0)
    return amounts
