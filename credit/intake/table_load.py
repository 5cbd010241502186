"""Loading a lender's own table into `ground_truth_labels`: one transaction, all rows or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Engine, text

from credit.batches import checked_batch_id
from credit.database.errors import BusyError
from credit.database.labels import NO_LABEL
from credit.intake.errors import IntakeError, MalformedTableError
from credit.intake.source import open_table_file
from credit.intake.staging import Staging, begin_load
from credit.intake.summary import Progress
from credit.intake.table_keys import Keys
from credit.intake.table_layout import BATCH
from credit.intake.table_rows import TableReader, TableRows
from credit.intake.times import UTC_TIME
from credit.intake.unlisted import Unlisted, UnlistedTexts
from credit.portfolios import Feature, Portfolio, TableRule

KIND = "labels"


class BatchError(IntakeError):
    """It is not clear which batch rows belong to."""


@dataclass(frozen=True, slots=True)
class BatchCount:
    """Rows of one batch after a load, in their last versions."""

    batch_id: str
    rows: int
    labelled: int
    bads: int


@dataclass(frozen=True, slots=True)
class TableSummary:
    """What became of a load."""

    portfolio: str
    file: str
    loaded: int
    """Rows that are new, or a new version of a row that was there."""
    already_there: int
    batches: tuple[BatchCount, ...]
    """Those that the file has rows of."""
    ignored_columns: tuple[str, ...]
    unlisted: tuple[UnlistedTexts, ...] = ()
    """Of categorical features with texts that the portfolio does not list: stored as they are, to a model missing."""


def load_table_file(
    engine: Engine,
    portfolio: Portfolio,
    path: Path,
    *,
    batch_id: str | None,
    now: datetime,
    progress: Progress | None = None,
) -> TableSummary:
    """Loads a file (CSV, JSON lines or Parquet), in one transaction.

    The same row again changes nothing; a row with other content is the next version. Rows are known from now on.

    Args:
        engine: acts as blink_loader.
        portfolio: one that comes as a table.
        path: the file.
        batch_id: of the rows, where the file has no column `batch_id`; where it has, that of all of them.
        now: rows without a time of their own are as of it, what lies after it is refused.
        progress: told after each chunk.

    Raises:
        IntakeError: where the portfolio does not come as a table.
        FileFormatError: where the file cannot be read or lacks columns.
        MalformedTableError: naming the row and column that is wrong.
        BatchError, BatchIdError: where the batch is not clear, or its name cannot be used.
        BusyError: where another load of this portfolio runs.
    """
    rule = portfolio.table
    if rule is None:
        raise IntakeError(f"portfolio {portfolio.name} does not come as a table: its labels follow from its advances")
    reader = TableReader(open_table_file(path), portfolio, rule, now=now)
    if batch_id is None and not reader.has(BATCH):
        raise BatchError(f"{reader.name}: has no column {BATCH}: give --batch-id B")
    with engine.begin() as connection:
        return _Load(connection, portfolio, rule, reader, batch_id=batch_id, now=now).run(progress)


@dataclass
class _Load:
    connection: Connection
    portfolio: Portfolio
    rule: TableRule
    reader: TableReader
    batch_id: str | None
    now: datetime
    batches: set[str] = field(default_factory=set)

    def run(self, progress: Progress | None) -> TableSummary:
        if not begin_load(self.connection, self.portfolio.name):
            raise BusyError(f"another load of portfolio {self.portfolio.name} is running; try again when it has ended")
        staging = Staging(self.connection, KIND, self._params(), linked=False)
        keys, unlisted, read = Keys(self.reader.name), Unlisted(self.portfolio.features), 0
        for rows, share in self.reader.rows():
            keys.add(rows)
            unlisted.add(rows)
            staging.add(self._staged(rows))
            read += len(rows)
            if progress is not None:
                progress(KIND, read, share)
        if self.reader.has(self.rule.subject_id):
            keys.check(str(self.rule.subject_id))
        loaded, already, _ = staging.settle()
        counted, ignored = self._counted(), self.reader.ignored
        return TableSummary(self.portfolio.name, self.reader.name, loaded, already, counted, ignored, unlisted.found)

    def _params(self) -> Mapping[str, object]:
        return {
            "portfolio": self.portfolio.name,
            "dated": self.reader.has(self.rule.observed_at),
            "known": self.reader.has(self.rule.known_at) or self.reader.has(self.rule.observed_at),
        }

    def _staged(self, rows: TableRows) -> Any:
        batch = self._batch_of(rows)
        self.batches |= {checked_batch_id(name) for name in batch.unique().to_pylist()}
        now = pa.repeat(pa.scalar(self.now, UTC_TIME), len(rows))
        labelled = pa.array(rows.y != NO_LABEL)
        known = rows.known_at if rows.known_at is not None else pc.if_else(labelled, now, None)
        return pa.table(
            {
                "batch_id": batch,
                "subject_id": rows.subject_id,
                "observed_at": now if rows.observed_at is None else rows.observed_at,
                "known_at": known,
                "features": feature_texts(self.portfolio.features, rows),
                "label": pa.array(rows.y, pa.int8(), mask=rows.y == NO_LABEL),
                "protected": protected_texts(rows),
            }
        )

    def _batch_of(self, rows: TableRows) -> Any:
        if rows.batch_id is None:
            return pa.array([self.batch_id] * len(rows), pa.string())
        if self.batch_id is not None:
            other = pc.not_equal(rows.batch_id, self.batch_id).to_numpy(zero_copy_only=False)
            if other.any():
                at = int(other.argmax())
                raise BatchError(
                    f"{self.reader.name}: row {rows.numbers[at]}, column {BATCH}: {rows.batch_id[at].as_py()!r} is not "
                    f"the batch that was given, {self.batch_id}"
                )
        return rows.batch_id

    def _counted(self) -> tuple[BatchCount, ...]:
        sql = (resources.files("credit.intake") / "sql" / "labels_counted.sql").read_text("utf-8")
        params = {"portfolio": self.portfolio.name, "batch_ids": sorted(self.batches)}
        counts = tuple(BatchCount(*row) for row in self.connection.execute(text(sql), params))
        for one in counts:
            if one.labelled and one.bads in {0, one.labelled}:
                outcome = "good" if not one.bads else "bad"
                raise MalformedTableError(
                    f"{self.reader.name}: column {self.rule.label.column}: all {one.labelled} labelled rows of batch "
                    f"{one.batch_id} are {outcome} by {str(self.rule.label)!r}; rows of both classes are needed"
                )
        return counts


def protected_texts(rows: TableRows) -> Any:
    """Protected values of rows `[n]` as texts of JSON objects; all null where the file has no such column."""
    if not rows.protected:
        return pa.nulls(len(rows), pa.string())
    columns = [texts.to_pylist() for texts in rows.protected.values()]
    return pa.array([_object(rows.protected, row) for row in zip(*columns, strict=True)])


def _object(names: Iterable[str], row: Iterable[object]) -> str:
    return orjson.dumps(dict(zip(names, row, strict=True))).decode()


def feature_texts(features: Sequence[Feature], rows: TableRows) -> Any:
    """Rows `[n, d]` as texts of JSON objects: numbers, categories as the lender wrote them, null where missing."""
    # orjson writes NaN as null.
    columns = [
        rows.texts[feature.name].to_pylist() if feature.name in rows.texts else rows.values[:, place].tolist()
        for place, feature in enumerate(features)
    ]
    names = [feature.name for feature in features]
    return pa.array([_object(names, row) for row in zip(*columns, strict=True)])
