"""A lender's own table read as a training would read it, and only counted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from credit.association import Association
from credit.database.labels import NO_LABEL
from credit.intake.errors import IntakeError
from credit.intake.proxy_sample import ProxySample
from credit.intake.source import open_table_file
from credit.intake.summary import Progress
from credit.intake.table_classes import check_classes
from credit.intake.table_keys import Keys
from credit.intake.table_rows import TableReader, TableRows
from credit.intake.unlisted import Unlisted, UnlistedTexts
from credit.portfolios import Portfolio


@dataclass(frozen=True, slots=True)
class TableCheck:
    """What a sound file holds."""

    file: str
    rows: int
    labelled: int
    bads: int
    missing: Mapping[str, int]
    """Rows by feature that the model would find missing, those with a text that is no category among them."""
    unlisted: tuple[UnlistedTexts, ...]
    """Of categorical features with texts that the portfolio does not list."""
    ignored: tuple[str, ...]
    """Columns that are not read."""
    associations: tuple[Association, ...]
    """Of features with protected columns, the strongest first."""
    absent: tuple[str, ...]
    """Protected columns that the file does not have."""
    left_out: tuple[str, ...]
    """Optional columns of subject and times that the file does not have."""
    notes: tuple[str, ...] = ()
    """What the declared groups of protected columns do not fit, in sentences."""
    labels_missing: int = 0
    """Rows whose label holds a text that the portfolio says is no value."""


def check_table_file(
    path: Path, portfolio: Portfolio, *, now: datetime, progress: Progress | None = None
) -> TableCheck:
    """The counts of a file (CSV, JSON lines or Parquet), which is read a part at a time.

    Raises:
        IntakeError: where the portfolio does not come as a table, or the file cannot be read by it: with row and
            column, as before a training.
    """
    rule = portfolio.table
    if rule is None:
        raise IntakeError(f"portfolio {portfolio.name} does not come as a table: its rows are advances, loaded before")
    reader = TableReader(open_table_file(path), portfolio, rule, now=now)
    keys, counts, sample = Keys(reader.name), _Counts(portfolio), ProxySample(portfolio)
    for rows, share in reader.rows():
        counts.add(rows)
        sample.add(rows)
        if reader.has(rule.subject_id):
            keys.add(rows)
        if progress is not None:
            progress("rows of the file", counts.rows, share)
    keys.check(str(rule.subject_id))
    counts.unlisted.check(reader.name)
    check_classes(counts.labelled, counts.bads, file=reader.name, rule=rule)
    absent = tuple(name for name in portfolio.protected if not reader.has(name))
    return replace(counts.check(reader, sample.associations(), absent), notes=sample.notes)


class _Counts:
    """Counts of the rows so far."""

    def __init__(self, portfolio: Portfolio) -> None:
        self._names = portfolio.feature_names
        self.rows = self.labelled = self.bads = 0
        self._missing: npt.NDArray[np.int64] = np.zeros(len(self._names), dtype=np.int64)
        self.unlisted = Unlisted(portfolio.features)

    def add(self, rows: TableRows) -> None:
        self.rows += len(rows)
        self.labelled += int((rows.y != NO_LABEL).sum())
        self.bads += int((rows.y == 1).sum())
        self._missing += np.isnan(rows.values).sum(axis=0)
        self.unlisted.add(rows)

    def check(self, reader: TableReader, associations: tuple[Association, ...], absent: tuple[str, ...]) -> TableCheck:
        return TableCheck(
            file=reader.name,
            rows=self.rows,
            labelled=self.labelled,
            bads=self.bads,
            missing=dict(zip(self._names, self._missing.tolist(), strict=True)),
            unlisted=self.unlisted.found,
            ignored=reader.ignored,
            associations=associations,
            absent=absent,
            left_out=reader.left_out,
            labels_missing=reader.labels_missing,
        )
