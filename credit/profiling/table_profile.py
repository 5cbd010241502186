"""A lender's table in one pass: each column counted, and some rows kept to look at columns together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from credit.intake.chunk import Source
from credit.intake.errors import MalformedTableError
from credit.intake.missing_texts import given_only
from credit.intake.table_columns import as_words
from credit.intake.table_layout import check_names, flat_columns, flat_names
from credit.profiling.column import Column
from credit.profiling.row_sample import MOST_ROWS, RowSample
from credit.profiling.signals import Sampled
from credit.profiling.tally import ColumnTally
from credit.profiling.time_texts import time_formats

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much is done, and of how much (None where unknown)."""


@dataclass(frozen=True, slots=True, eq=False)
class TableProfile:
    """What was seen of a table."""

    name: str
    """Of the file."""
    rows: int
    columns: tuple[Column, ...]
    """In the order of the file."""
    sampled: Sampled
    """The columns of some of the rows, or of all where there are few."""
    sampled_rows: int
    missing: tuple[str, ...] = ()
    """Texts that stand for no value, by columns of numbers and times that hold them: in no column are they values."""
    tallies: Sequence[ColumnTally] = field(default=(), repr=False)
    """Of all columns, to count them by other spellings of missing."""
    unread: Sampled = field(default_factory=dict, repr=False)
    """What was sampled as it stands in the file, spellings of missing and all."""

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: where there is none.
        """
        return {column.name: column for column in self.columns}[name]

    def with_words(self) -> "TableProfile":
        """The same, each column of words with all its texts, spellings of missing among them."""
        return replace(self, columns=tuple(self._with_words(one) for one in self.columns))

    def keeping(self, name: str) -> "TableProfile":
        """The same, where no text of a column is missing in any column, if it is one of words."""
        words, tally = self._with_words(self.column(name)), self._tally(name)
        kept = set(tally.spelled) & set(words.values or ())
        missing = tuple(text for text in self.missing if text not in kept)
        if missing == self.missing:
            return self
        sampled = {each: given_only(column, missing) for each, column in self.unread.items()}
        columns = tuple(tally.column(missing) for tally in self.tallies)
        return replace(self, missing=missing, columns=columns, sampled=sampled)

    def _with_words(self, column: Column) -> Column:
        tally = self._tally(column.name)
        is_flag = bool(column.values) and column.is_flag
        return column if is_flag or _is_measure(tally, self.unread[column.name]) else tally.column()

    def _tally(self, name: str) -> ColumnTally:
        return next(tally for tally in self.tallies if tally.name == name)


def profile_table(
    source: Source, rng: np.random.Generator, progress: Progress, *, most_sampled: int = MOST_ROWS
) -> TableProfile:
    """The profile of a source's rows; `rng` draws the sample.

    Raises:
        FileFormatError: where the file cannot be read, or a column stands twice.
        MalformedTableError: where a record has more or fewer fields than the header, or there are no rows.
    """
    names = flat_names(source)
    check_names(source.name, names)
    tallies, sample, rows = [ColumnTally(name) for name in names], RowSample(rng, most=most_sampled), 0
    for chunk in source.chunks():
        if chunk.malformed:
            bad = chunk.malformed[0]
            raise MalformedTableError(f"{source.name}: row {bad.row}: {bad.reason}")
        if not chunk.table.num_rows:
            continue
        columns = flat_columns(chunk.table, names)
        for tally in tallies:
            tally.add(columns[tally.name])
        sample.add(columns)
        rows += chunk.table.num_rows
        progress("rows of the file", rows, round(rows / chunk.fraction) if chunk.fraction else None)
    if not rows:
        raise MalformedTableError(f"{source.name}: has no rows")
    kept = flat_columns(sample.table, names)
    missing = _missing(tallies, kept)
    counted = tuple(tally.column(missing) for tally in tallies)
    sampled = {name: given_only(column, missing) for name, column in kept.items()}
    return TableProfile(source.name, rows, counted, sampled, sample.table.num_rows, missing, tallies, kept)


def _missing(tallies: Sequence[ColumnTally], sampled: Sampled) -> tuple[str, ...]:
    """Spellings of missing: among words, `none` may be a category, but among numbers and times it is no value."""
    spelled = {text for tally in tallies if _is_measure(tally, sampled[tally.name]) for text in tally.spelled}
    return tuple(sorted(spelled))


def _is_measure(tally: ColumnTally, sampled: Any) -> bool:
    """Whether a column holds numbers or times, but for spellings of missing."""
    if not tally.spelled or tally.is_numeric:
        return bool(tally.spelled)
    words = as_words(given_only(sampled, tally.spelled), tally.name)
    return bool(time_formats(words.unique().drop_null().to_pylist()))
