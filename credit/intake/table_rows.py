"""Rows of a lender's own table, read from a file in bounded memory: all of them are sound, or none is given."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from credit.database.labels import NO_LABEL
from credit.intake.chunk import Chunk, Source
from credit.intake.errors import FileFormatError, MalformedTableError
from credit.intake.faults import Faults
from credit.intake.missing_texts import given_only
from credit.intake.table_columns import Floats, Outcomes, read_feature, read_label, read_moment, read_protected
from credit.intake.table_layout import BATCH, check_table_columns, flat_columns, flat_names
from credit.intake.times import UTC_TIME, refuse_disorder, refuse_future
from credit.intake.words import read_identifier
from credit.portfolios import Portfolio, TableRule


@dataclass(frozen=True, slots=True, eq=False)
class TableRows:
    """n sound rows, in the order of the file. Arrays without a type are Arrow's."""

    numbers: npt.NDArray[np.int64]
    """Of the records in the file: of a CSV the header is 1."""
    batch_id: Any
    """Texts; None where the file does not say."""
    subject_id: Any
    """Texts; the number of the row, from 1, where the portfolio names no column."""
    observed_at: Any
    """Timestamps in UTC; None where the file does not say."""
    known_at: Any
    """Timestamps in UTC, null where there is no label; None where the file does not say."""
    values: Floats
    """`[n, d]` in the portfolio's feature order; NaN where missing, codes of categories."""
    texts: Mapping[str, Any]
    """Of each categorical feature by name, as the lender wrote them: also those that it does not list; null where
    there is none."""
    y: Outcomes
    """1 bad, 0 good, `NO_LABEL` not known."""
    protected: Mapping[str, Any]
    """Texts of each protected column that the file has, by its name; null where there is none. Never among `values`."""

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.y)


class TableReader:
    """A source's rows by a portfolio's rule.

    Raises:
        FileFormatError: where a column is missing or stands twice; the message names it.
    """

    def __init__(self, source: Source, portfolio: Portfolio, rule: TableRule, *, now: datetime) -> None:
        self._source = source
        self._portfolio = portfolio
        self._rule = rule
        self._now = now
        self.labels_missing = 0
        """Of the rows so far, those whose label holds one of the texts that the rule says are no value."""
        self._columns = flat_names(source)
        self._protected = tuple(name for name in portfolio.protected if name in self._columns)
        self._read_columns = self._named_columns()
        check_table_columns(source.name, self._columns, portfolio, rule)

    @property
    def name(self) -> str:
        """The file's name."""
        return self._source.name

    def has(self, column: str | None) -> bool:
        """Whether the file has that column."""
        return column is not None and column in self._columns

    @property
    def ignored(self) -> tuple[str, ...]:
        """Columns that are not read."""
        return tuple(name for name in self._columns if name not in self._read_columns)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Those of the optional columns of subject and times that the file does not have."""
        return tuple(name for name in self._rule.optional if not self.has(name))

    def _named_columns(self) -> frozenset[str | None]:
        rule = self._rule
        features = (feature.source for feature in self._portfolio.features)
        own = {BATCH, rule.label.column, rule.subject_id, rule.observed_at, rule.known_at}
        return frozenset({*own, *self._protected, *features})

    def rows(self) -> Iterator[tuple[TableRows, float | None]]:
        """The rows in chunks, each with the share of the file that is read.

        Raises:
            MalformedTableError: naming row and column of the first fault.
            FileFormatError: where the file cannot be read, or a column's type cannot hold what it should.
        """
        done = 0
        for chunk in self._source.chunks():
            if chunk.malformed:
                bad = chunk.malformed[0]
                raise MalformedTableError(f"{self.name}: row {bad.row}: {bad.reason}")
            if chunk.table.num_rows:
                yield self._read(chunk, done), chunk.fraction
            done += chunk.table.num_rows
        if not done:
            raise MalformedTableError(f"{self.name}: has no rows")

    def _read(self, chunk: Chunk, done: int) -> TableRows:
        rule, faults = self._rule, Faults(chunk.table.num_rows)
        with self._named():
            flat = flat_columns(chunk.table, self._columns)
            columns = {
                name: given_only(column, rule.missing) for name, column in flat.items() if name in self._read_columns
            }
            label = rule.label.column
            self.labels_missing += columns[label].null_count - flat[label].null_count
            y = read_label(columns[rule.label.column], rule.label, faults)
            values, texts = self._features(columns, faults)
            observed, known = self._times(columns, y, faults)
            rows = TableRows(
                numbers=chunk.numbers,
                batch_id=self._identifier(columns, BATCH, faults),
                subject_id=self._subjects(columns, faults, done),
                observed_at=observed,
                known_at=known,
                values=values,
                texts=texts,
                y=y,
                protected={name: read_protected(columns[name], name, faults) for name in self._protected},
            )
        self._check(faults, columns, chunk.numbers)
        return rows

    def _features(self, columns: Mapping[str, Any], faults: Faults) -> tuple[Floats, Mapping[str, Any]]:
        features = self._portfolio.features
        values = np.empty((len(faults.sound), len(features)), dtype=np.float64)
        written = {}
        for place, feature in enumerate(features):
            values[:, place], texts = read_feature(columns[feature.source], feature, faults)
            if texts is not None:
                written[feature.name] = texts
        return values, written

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Names the file in errors of a column's type."""
        try:
            yield
        except FileFormatError as error:
            raise FileFormatError(f"{self.name}: {error}") from error

    def _subjects(self, columns: Mapping[str, Any], faults: Faults, done: int) -> Any:
        if not self.has(self._rule.subject_id):
            rows = len(next(iter(columns.values())))
            return pa.array(np.arange(done + 1, done + rows + 1)).cast(pa.string())
        return self._identifier(columns, str(self._rule.subject_id), faults)

    def _identifier(self, columns: Mapping[str, Any], name: str, faults: Faults) -> Any:
        if name not in columns:
            return None
        faults.add(pc.is_null(columns[name]), name, "is missing")
        return read_identifier(columns[name], faults, name)

    def _times(self, columns: Mapping[str, Any], y: Outcomes, faults: Faults) -> tuple[Any, Any]:
        observed = self._time(columns, self._rule.observed_at, faults)
        known = self._time(columns, self._rule.known_at, faults)
        labelled = y != NO_LABEL
        if observed is not None:
            faults.add(pc.is_null(observed), str(self._rule.observed_at), "is missing")
        if known is not None:
            faults.add(labelled & ~_given(known), str(self._rule.known_at), "is missing beside a label")
            if observed is not None:
                names = (str(self._rule.observed_at), str(self._rule.known_at))
                refuse_disorder(observed, known, faults, names, strict=False)
        elif observed is not None:
            known = pc.add(observed, pa.scalar(timedelta(days=self._rule.known_after_days)))
        return observed, None if known is None else pc.if_else(pa.array(labelled), known, pa.scalar(None, UTC_TIME))

    def _time(self, columns: Mapping[str, Any], name: str | None, faults: Faults) -> Any:
        if name is None or name not in columns:
            return None
        times = read_moment(columns[name], self._rule.date_format, faults, name)
        refuse_future(times, faults, name, self._now)
        return times

    def _check(self, faults: Faults, columns: Mapping[str, Any], numbers: npt.NDArray[np.int64]) -> None:
        if faults.sound.all():
            return
        (at, column, reason), *others = faults.listed()
        value = columns[column][at].as_py()
        shown = "" if value is None else f"{value!r} "
        more = f"; as far as was read, {len(others):,} more rows are wrong" if others else ""
        raise MalformedTableError(f"{self.name}: row {numbers[at]}, column {column}: {shown}{reason}{more}")


def _given(times: Any) -> npt.NDArray[np.bool_]:
    given: npt.NDArray[np.bool_] = pc.is_valid(times).to_numpy(zero_copy_only=False)
    return given
