"""Rows of training from a lender's own table: a file that is streamed, or what was loaded of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Connection

from credit.database.labels import NO_LABEL
from credit.database.table_rows import loaded_batches, stored_rows
from credit.groups import Codes, ProtectedCoder
from credit.intake.errors import FileFormatError
from credit.intake.source import open_table_file
from credit.intake.table_classes import check_classes
from credit.intake.table_keys import Keys
from credit.intake.table_rows import TableReader, TableRows
from credit.intake.unlisted import StoredUnlisted, Unlisted
from credit.portfolio_file import builtin_names
from credit.portfolios import Portfolio
from trainer.arrays import Floats, Indices, Outcomes, Times
from trainer.errors import InsufficientSamplesError, TrainingError
from trainer.growing import Growing
from trainer.rows import Progress, Rows

MOST_BATCHES = 20
"""Batches that an error names."""


def batch_rows(
    connection: Connection, portfolio: Portfolio, *, batch_id: str | None, as_of: datetime, progress: Progress
) -> Rows:
    """Every row of a batch, or of all batches, known at `as_of`, in order of time and then of subject.

    Raises:
        InsufficientSamplesError: where there is none, with the batches that there are.
        MalformedTableError: where a feature has texts and none that the portfolio lists.
    """
    grown, unlisted = _Grown(portfolio), StoredUnlisted(portfolio.features)
    protected = portfolio.protected
    for part in stored_rows(connection, portfolio, batch_id=batch_id, as_of=as_of, protected=protected):
        texts = {name: pa.array(one, pa.string()) for name, one in part.protected.items()}
        grown.add(_Part(part.observed_at, part.known_at, part.values, part.y, part.subject_id, texts))
        unlisted.add(part.values, part.unlisted)
        progress("rows of the table", len(grown), None)
    if not len(grown):
        batches = loaded_batches(connection, portfolio.name, most=MOST_BATCHES + 1)
        raise InsufficientSamplesError(_no_rows(portfolio.name, batch_id, as_of, batches))
    unlisted.check(f"portfolio {portfolio.name}")
    return grown.rows()


def _no_rows(portfolio: str, batch_id: str | None, as_of: datetime, batches: tuple[str, ...]) -> str:
    """Why there is nothing to train on, and what to do."""
    of_batch = "" if batch_id is None else f" of batch {batch_id}"
    more = ", ..." if len(batches) > MOST_BATCHES else ""
    there_are = f"loaded are the batches {', '.join(batches[:MOST_BATCHES])}{more}" if batches else "nothing is loaded"
    if batches and (batch_id is None or batch_id in batches):
        there_are = "what is loaded was not known then: give a later --as-of"
    # A portfolio of the lender's own is found by its file: where that is, only who called knows.
    own = portfolio not in builtin_names()
    named, given = ("PORTFOLIO", ", with PORTFOLIO as it was given here,") if own else (portfolio, ",")
    return (
        f"too few samples: 0 labelled rows; {portfolio} has no row{of_batch} as of {as_of:%Y-%m-%d %H:%M} UTC; "
        f"{there_are}. Load rows by `blink data load {named} --labels FILE --batch-id {batch_id or 'B'}`{given} "
        "or train on a file by --data"
    )


def require_file(path: Path) -> None:
    """Do nothing where there is such a file and it can be opened.

    Raises:
        FileFormatError: where not, before a run is begun for it.
    """
    try:
        path.open("rb").close()
    except OSError as error:
        raise FileFormatError(f"{path.name}: cannot be read: {error.strerror}") from error


def file_rows(
    path: Path, portfolio: Portfolio, *, as_of: datetime, now: datetime, progress: Progress
) -> tuple[Rows, bool]:
    """Every row of a file observed by `as_of`, and whether rows have times of their own.

    They are in order of time, rows of one time as they stand in the file.

    The file is read a part at a time into one matrix; nothing of it is held twice. Rows without a time are as of
    `as_of`. A label that was known later only is not known.

    Raises:
        IntakeError: where the file cannot be read by the portfolio, naming row and column; has no rows; has two rows
            of one subject and time; a feature of which no text is listed; or labels of one class only.
        TrainingError: where the portfolio does not come as a table.
    """
    rule = portfolio.table
    if rule is None:
        raise TrainingError(
            f"portfolio {portfolio.name} does not come as a table: its rows are advances, loaded before"
        )
    reader = TableReader(open_table_file(path), portfolio, rule, now=now)
    numbered = not reader.has(rule.subject_id)
    grown, keys, unlisted = _Grown(portfolio), Keys(reader.name), Unlisted(portfolio.features)
    for rows, share in reader.rows():
        if not numbered:
            keys.add(rows)
        unlisted.add(rows)
        grown.add(_seen(rows, np.datetime64(as_of.astimezone(UTC).replace(tzinfo=None), "us"), numbered=numbered))
        progress("rows of the file", len(grown), None if not share else round(len(grown) / share))
    if not numbered:
        keys.check(str(rule.subject_id))
    del keys
    unlisted.check(reader.name)
    found = grown.rows()
    check_classes(int((found.y != NO_LABEL).sum()), int((found.y == 1).sum()), file=reader.name, rule=rule)
    return found, reader.has(rule.observed_at)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    observed_at: Times
    known_at: Times
    values: Floats
    y: Outcomes
    subject_id: NDArray[np.str_] | None
    """None where rows are only numbered."""
    protected: Mapping[str, Any]
    """Arrow texts by protected column."""


def _seen(rows: TableRows, as_of: np.datetime64, *, numbered: bool) -> _Part:
    """What of a chunk was observed by a time, with the labels known then."""
    observed = _times(rows.observed_at, len(rows), as_of)
    known = _times(rows.known_at, len(rows), as_of)
    unknown = (rows.y == NO_LABEL) | ~(known <= as_of)
    part = _Part(
        observed_at=observed,
        known_at=np.where(unknown, np.datetime64("NaT", "us"), known),
        values=rows.values,
        y=np.where(unknown, NO_LABEL, rows.y).astype(np.int8),
        subject_id=None if numbered else rows.subject_id.to_numpy(zero_copy_only=False).astype(np.str_),
        protected=rows.protected,
    )
    seen = observed <= as_of
    if seen.all():
        return part
    subjects = None if part.subject_id is None else part.subject_id[seen]
    protected = {name: texts.filter(pa.array(seen)) for name, texts in part.protected.items()}
    return _Part(observed[seen], part.known_at[seen], part.values[seen], part.y[seen], subjects, protected)


class _Grown:
    """Rows as they come."""

    def __init__(self, portfolio: Portfolio) -> None:
        self._values = Growing((len(portfolio.features),), np.float64)
        self._y = Growing((), np.int8)
        self._observed = Growing((), "datetime64[us]")
        self._known = Growing((), "datetime64[us]")
        self._subjects: list[NDArray[np.str_]] = []
        self._coder = ProtectedCoder(portfolio.protected, portfolio.fairness)
        self._groups = Growing((len(portfolio.protected),), np.int16)

    def __len__(self) -> int:
        return len(self._y)

    def add(self, part: _Part) -> None:
        self._values.add(part.values)
        self._y.add(part.y)
        self._observed.add(part.observed_at)
        self._known.add(part.known_at)
        self._groups.add(self._coder.add(part.protected, len(part.y)))
        if part.subject_id is not None:
            self._subjects.append(part.subject_id)

    def rows(self) -> Rows:
        """All of them in order of time; one column after another is put in order, so that one alone is held twice."""
        n, observed = len(self), cast("Times", self._observed.whole())
        order = None if (observed[1:] >= observed[:-1]).all() else np.argsort(observed, kind="stable")
        return Rows(
            advance_id=np.arange(1, n + 1) if order is None else order + 1,
            subject_id=self._in_order(order),
            requested_at=observed if order is None else observed[order],
            values=cast("Floats", self._values.whole(order)),
            y=cast("Outcomes", self._y.whole(order)),
            known_at=cast("Times", self._known.whole(order)),
            has_history=np.ones(n, dtype=np.bool_),
            stored=np.zeros(n, dtype=np.bool_),
            reproduced=np.zeros(n, dtype=np.bool_),
            protected=self._coder.protected(cast("Codes", self._groups.whole(order))),
        )

    def _in_order(self, order: Indices | None) -> NDArray[np.str_] | Indices:
        """The subjects; rows that have none are their numbers."""
        n = len(self._y)
        if not self._subjects:
            return np.arange(1, n + 1) if order is None else order + 1
        parts, self._subjects = self._subjects, []
        subjects = np.concatenate(parts)
        parts.clear()
        return subjects if order is None else subjects[order]


def _times(stated: object, rows: int, otherwise: np.datetime64) -> Times:
    if stated is None:
        return np.full(rows, otherwise)
    return np.asarray(stated.to_numpy(zero_copy_only=False), dtype="datetime64[us]")  # type: ignore[attr-defined]  # Arrow has no types
