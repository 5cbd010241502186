"""Columns of times, which say their offset from UTC, and when history was known."""

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from credit.intake.faults import Faults
from credit.intake.words import as_text

UTC_TIME = pa.timestamp("us", tz="UTC")

_LOCAL = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?"
_WITH_OFFSET = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)$"
_NO_OFFSET = "has no offset from UTC: write one, such as 2024-05-01T09:00:00+02:00"
_NO_TIME = "is not a time such as 2024-05-01T09:00:00+02:00"


def read_time(column: Any, faults: Faults, name: str) -> Any:
    """Times with an offset, as timestamps in UTC to the microsecond; finer parts are cut off."""
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        return column.cast(UTC_TIME, safe=False)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        faults.add(pc.is_valid(column), name, _NO_OFFSET)
        return pa.nulls(len(column), UTC_TIME)
    text = as_text(column, name)
    shaped = pc.match_substring_regex(text, _WITH_OFFSET)
    if not pc.all(shaped, skip_nulls=True, min_count=0).as_py():
        faults.add(pc.and_(pc.invert(shaped), pc.match_substring_regex(text, _LOCAL + "$")), name, _NO_OFFSET)
        faults.add(pc.invert(shaped), name, _NO_TIME)
        text = pc.if_else(shaped, text, None)
    return _parsed(text, faults, name)


def _parsed(text: Any, faults: Faults, name: str) -> Any:
    """Well-shaped text as times; only a day or an hour that does not exist is left to refuse."""
    try:
        return text.cast(UTC_TIME)
    except pa.ArrowInvalid:
        parsed = pa.array([_parsed_alone(value) for value in text.to_pylist()], UTC_TIME)
        faults.add(pc.and_(pc.is_valid(text), pc.is_null(parsed)), name, _NO_TIME)
        return parsed


def _parsed_alone(value: str | None) -> datetime | None:
    try:
        return None if value is None else datetime.fromisoformat(value)
    except ValueError:
        return None


def refuse_future(times: Any, faults: Faults, name: str, now: datetime) -> None:
    """Marks times after `now`."""
    faults.add(pc.greater(times, pa.scalar(now, UTC_TIME)), name, "lies in the future")


def refuse_disorder(earlier: Any, later: Any, faults: Faults, names: tuple[str, str], *, strict: bool) -> None:
    """Marks rows whose `later` time lies before the `earlier`, or where `strict` is equal to it."""
    wrong = pc.less_equal(later, earlier) if strict else pc.less(later, earlier)
    first, second = names
    faults.add(wrong, second, f"is not after {first}" if strict else f"lies before {first}")


def known_from(own_times: list[Any], stated: Any, *, lag: timedelta, now: datetime) -> Any:
    """When history was known: the provider's time, or the last of its own times and the lag.

    Never before those times themselves, whatever the provider states, and never after `now`.
    """
    microseconds = [times.cast(pa.int64()) for times in own_times]
    happened = pc.max_element_wise(*microseconds)
    known = pc.coalesce(stated.cast(pa.int64()), pc.add(happened, lag // timedelta(microseconds=1)))
    known = pc.max_element_wise(known, happened)
    latest = pa.scalar(now, UTC_TIME).cast(pa.int64())
    return pc.if_else(pc.less(known, latest), known, latest).cast(UTC_TIME)
