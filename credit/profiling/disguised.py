"""Numbers and times that are written so that they look like something else: what they look like, and what to do."""

from datetime import UTC, datetime
from typing import Any

from credit.intake.table_columns import as_words
from credit.profiling.column import Column, Form
from credit.profiling.time_texts import ways_of_writing

_MOST_TEXTS = 200
"""Different texts that are looked at."""
_FIRST, _END = datetime(2000, 1, 1, tzinfo=UTC).timestamp(), datetime(2040, 1, 1, tzinfo=UTC).timestamp()
_UNITS = ((1, "seconds"), (10**3, "milliseconds"), (10**6, "microseconds"))


def comma_numbers(column: Column) -> str | None:
    """Of numbers with commas; None of any other column."""
    if column.comma_example is None:
        return None
    example = repr(column.comma_example)
    return f"numbers with a comma, as it looks, such as {example}: write them as 3576.73"


def mixed_times(column: Column, sampled: Any) -> str | None:
    """Of texts that are times and that no one format reads; None of any other column."""
    if column.form is not Form.TEXT:
        return None
    texts = as_words(sampled, column.name).unique().drop_null().to_pylist()[:_MOST_TEXTS]
    ways = ways_of_writing(texts)
    if not ways:
        return None
    examples = " and ".join(map(repr, ways[:2]))
    return f"times, as it looks, that no one date_format reads, such as {examples}: write them alike"


def times_since_1970(column: Column) -> str | None:
    """Of whole numbers that all lie between 2000 and 2040 as such times; None of any other column."""
    if not column.whole or column.lowest is None or column.highest is None:
        return None
    for factor, unit in _UNITS:
        if factor * _FIRST <= column.lowest and column.highest < factor * _END:
            first, last = (datetime.fromtimestamp(at / factor, UTC) for at in (column.lowest, column.highest))
            days = f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
            return f"times in {unit} since 1970, as it looks ({days}): write them as times such as {first.isoformat()}"
    return None
