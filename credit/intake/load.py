"""Loading a lender's files or tables: one transaction, all that is sound or nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Engine

from credit.database.errors import BusyError
from credit.intake import staging
from credit.intake.checks import Owners, Surroundings, check
from credit.intake.chunk import Chunk, Source
from credit.intake.faults import Faults, Rejection
from credit.intake.layout import ACCOUNTS, LAYOUTS, FileLayout
from credit.intake.rejects import RejectSink, rejects_file
from credit.intake.source import check_columns, open_file, open_tables
from credit.intake.summary import FileSummary, LoadSummary, Progress
from credit.intake.times import UTC_TIME, known_from
from credit.intake.words import as_text
from credit.portfolios import Portfolio

Tables = Any
"""A pyarrow Table, or an iterable of Tables of the same columns."""


@dataclass(frozen=True, slots=True)
class LenderFiles:
    """Paths of a lender's files, each CSV or Parquet (docs/data.md); None where there is none."""

    accounts: Path | None = None
    transactions: Path | None = None
    advances: Path | None = None
    repayments: Path | None = None
    fx_rates: Path | None = None


@dataclass(frozen=True, slots=True)
class LenderTables:
    """The same in memory: amounts are decimals (or floats, or text) in major units."""

    accounts: Tables = None
    transactions: Tables = None
    advances: Tables = None
    repayments: Tables = None
    fx_rates: Tables = None


def load_files(
    engine: Engine,
    portfolio: Portfolio,
    files: LenderFiles,
    *,
    now: datetime,
    history: bool | None = None,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> LoadSummary:
    """Loads files into the input tables, in one transaction.

    Args:
        engine: acts as blink_loader.
        portfolio: whose accounts these are.
        files: what to load; `accounts` may be left out where they are stored already.
        now: what lies after it lies in the future.
        history: rows were known at `ingested_at` of the file or, without it, at their own time plus the
            portfolio's lag (True); or now (False); None means history for a kind of file of which the
            portfolio has no rows yet, and now otherwise.
        rejects: where rejected rows go (CSV), whole, before the load is committed.
        progress: told after each chunk.

    Raises:
        FileFormatError: where a file cannot be read or lacks columns.
        IntakeError: where the database refuses the load.
        BusyError: where another load of this portfolio runs.
    """
    sources = {f.name: open_file(path) for f in fields(files) if (path := getattr(files, f.name)) is not None}
    with engine.begin() as connection, rejects_file(rejects) as sink:
        return _Load(connection, portfolio, now, history, sink, progress).run(sources)


def load_tables(
    connection: Connection,
    portfolio: Portfolio,
    tables: LenderTables,
    *,
    now: datetime,
    history: bool | None = True,
    progress: Progress | None = None,
) -> LoadSummary:
    """Loads tables in memory in the caller's transaction; otherwise as `load_files`.

    Rejected rows are only counted, with their reasons, in the summary.
    """
    given = {f.name: value for f in fields(tables) if (value := getattr(tables, f.name)) is not None}
    opened = {name: open_tables(name, value) for name, value in given.items()}
    sources = {name: source for name, source in opened.items() if source is not None}
    with rejects_file(None) as sink:
        return _Load(connection, portfolio, now, history, sink, progress).run(sources)


@dataclass(frozen=True)
class _Load:
    connection: Connection
    portfolio: Portfolio
    now: datetime
    history: bool | None
    sink: RejectSink
    progress: Progress | None

    def run(self, sources: Mapping[str, Source]) -> LoadSummary:
        ignored = {layout.name: check_columns(sources[layout.name], layout) for layout in self._present(sources)}
        if not staging.begin_load(self.connection, self.portfolio.name):
            raise BusyError(f"another load of portfolio {self.portfolio.name} is running; try again when it has ended")
        files = [self._file(layout, sources[layout.name], ignored[layout.name]) for layout in self._present(sources)]
        return LoadSummary(self.portfolio.name, tuple(files))

    @staticmethod
    def _present(sources: Mapping[str, Source]) -> list[FileLayout]:
        return [layout for layout in LAYOUTS if layout.name in sources]

    def _file(self, layout: FileLayout, source: Source, ignored: tuple[str, ...]) -> FileSummary:
        history = self.history
        if history is None:
            history = not staging.has_rows(self.connection, layout.name, self.portfolio.name)
        return _FileLoad(self, layout, source, history=history).run(ignored)

    def timezones(self, layout: FileLayout) -> tuple[str, ...]:
        return staging.known_timezones(self.connection) if layout is ACCOUNTS else ()

    def owners(self, layout: FileLayout, table: Any) -> Owners:
        if layout.owner is None:
            return Owners()
        ids = pc.unique(as_text(table.column(layout.owner).combine_chunks(), layout.owner)).drop_null()
        return staging.stored_owners(self.connection, layout.owner, self.portfolio.name, ids.to_pylist())


class _FileLoad:
    """One file of a load."""

    def __init__(self, load: _Load, layout: FileLayout, source: Source, *, history: bool) -> None:
        self._load = load
        self._layout = layout
        self._source = source
        self._history = history
        self._timezones = load.timezones(layout)
        params = {"portfolio": load.portfolio.name, "history": history}
        self._staging = staging.Staging(load.connection, layout.name, params, linked=layout.at_once)
        self._loaded = self._already = self._read = 0
        self._reasons: Counter[tuple[str, str]] = Counter()

    def run(self, ignored: tuple[str, ...]) -> FileSummary:
        for chunk in self._source.chunks():
            self._stage(chunk)
            if not self._layout.at_once:
                self._settle()
            self._read += len(chunk.numbers) + len(chunk.malformed)
            if self._load.progress is not None:
                self._load.progress(self._layout.name, self._read, chunk.fraction)
        self._settle()
        return FileSummary(
            kind=self._layout.name,
            file=self._source.name,
            loaded=self._loaded,
            already_there=self._already,
            rejected=self._reasons.total(),
            history=self._history,
            ignored_columns=ignored,
            reasons=tuple((*where, count) for where, count in self._reasons.most_common()),
        )

    def _stage(self, chunk: Chunk) -> None:
        owners = self._load.owners(self._layout, chunk.table)
        around = Surroundings(self._load.now, owners, self._timezones)
        values, faults = check(chunk.table, self._layout, around)
        self._reject(_malformed(chunk, self._source.name))
        self._reject(_rejections(chunk, faults, self._source.name, self._layout))
        values["ingested_at"] = self._known_from(values)
        sound = pa.array(faults.sound)
        self._staging.add(pa.table({"row_number": chunk.numbers, **values}).filter(sound))

    def _known_from(self, values: dict[str, Any]) -> Any:
        if not self._history:
            return pa.nulls(len(values["ingested_at"]), UTC_TIME)
        own_times = [values[name] for name in self._layout.own_times]
        lag = timedelta(hours=self._load.portfolio.ingestion_lag_hours)
        return known_from(own_times, values["ingested_at"], lag=lag, now=self._load.now)

    def _settle(self) -> None:
        loaded, already, refused = self._staging.settle()
        self._loaded += loaded
        self._already += already
        self._reject(Rejection(self._source.name, *row) for row in refused)

    def _reject(self, rejections: Iterable[Rejection]) -> None:
        found = list(rejections)
        self._reasons.update((rejection.column, rejection.reason) for rejection in found)
        self._load.sink.write(found)


def _malformed(chunk: Chunk, file: str) -> list[Rejection]:
    return [Rejection(file, bad.row, None, "", bad.reason, bad.text) for bad in chunk.malformed]


def _rejections(chunk: Chunk, faults: Faults, file: str, layout: FileLayout) -> list[Rejection]:
    return [
        Rejection(
            file,
            int(chunk.numbers[at]),
            "/".join(str(chunk.table.column(name)[at].as_py()) for name in layout.key),
            column,
            reason,
            _value(chunk.table, column, at),
        )
        for at, column, reason in faults.listed()
    ]


def _value(table: Any, column: str, at: int) -> str | None:
    value = table.column(column)[at].as_py()
    return None if value is None else str(value)
