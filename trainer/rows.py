"""Rows of training: one for each advance request, with the user's features as of that moment and its label.

Rows of a lender's own table have the same form (`trainer/table_rows.py`).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from credit.bundle.evaluation import Parity, Vintage
from credit.database.labels import NO_LABEL, Labels, read_labels
from credit.database.training_rows import StoredFeatures, read_stored_features
from credit.features.query import Key, compute_features
from credit.groups import Protected
from credit.portfolios import Portfolio
from trainer.arrays import Floats, Indices, Outcomes, Times

ROWS_AT_ONCE = 2000

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much is done, and of how much (None where unknown)."""


class Source(StrEnum):
    """Where the features of a training row come from."""

    AUDITS = "audits"
    """What a score of that time was computed from, where there is one; recomputed elsewhere."""
    RECOMPUTED = "recomputed"
    """Always computed anew from what was known at the request."""
    TABLE = "table"
    """As they stand in a lender's own table that is loaded."""
    FILE = "file"
    """As they stand in a lender's own table, read from its file."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """n advance requests, or rows of a table, in order of time."""

    advance_id: Indices
    """Of the request, or of the row: unique."""
    subject_id: NDArray[np.str_] | Indices
    """Pseudonyms; numbers where rows have none."""
    requested_at: Times
    values: Floats
    """`[n, d]` in the portfolio's feature order; NaN where unknown."""
    y: Outcomes
    """1 bad, 0 good, `NO_LABEL` where censored."""
    known_at: Times
    """Time from which the label was known; NaT where censored."""
    has_history: NDArray[np.bool_]
    """Whether any transaction before the request was known then."""
    stored: NDArray[np.bool_]
    """Whether the values are those that a score was computed from."""
    reproduced: NDArray[np.bool_]
    """Whether computing such values anew gave every one of them to the bit; false where not stored."""
    protected: Protected = field(default_factory=Protected)
    """Groups by protected columns, of a table: for the fairness screen alone, never for a fit."""

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.y)

    def take(self, chosen: NDArray[np.bool_] | Indices) -> Self:
        """The chosen rows; all of them are not copied."""
        if chosen.dtype == np.bool_ and chosen.all():
            return self
        return type(self)(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def sha256(self, *, dated: bool) -> str:
        """Of features, labels and, where rows have their own, times, in hex: equal rows in the same order give it."""
        digest = hashlib.sha256(np.ascontiguousarray(self.values).data)
        times = (self.requested_at, self.known_at) if dated else ()
        for column in (self.y, *(time.astype(np.int64) for time in times)):
            digest.update(np.ascontiguousarray(column).data)
        return digest.hexdigest()


def gather_rows(
    connection: Connection, portfolio: Portfolio, *, as_of: datetime, source: Source, progress: Progress
) -> Rows:
    """Every advance known at `as_of`, with the label known then and the features known at its request."""
    labels = read_labels(connection, portfolio, as_of=as_of)
    parts = []
    for first in range(0, len(labels), ROWS_AT_ONCE):
        chunk = np.arange(first, min(first + ROWS_AT_ONCE, len(labels)))
        parts.append(_gather_chunk(connection, portfolio, labels, chunk, source))
        progress("features as of advance requests", int(chunk[-1]) + 1, len(labels))
    return _joined(parts, labels, len(portfolio.features))


def parity_of(rows: Rows) -> Parity:
    """Whether stored features are still what their definition gives."""
    return Parity(int(rows.stored.sum()), int(rows.reproduced.sum()))


def vintages_of(rows: Rows) -> tuple[Vintage, ...]:
    """The rows counted by month of the request; by year where there are more than 36 months."""
    named = periods(rows.requested_at)
    return tuple(_vintage(str(name), rows.take(named == name)) for name in np.unique(named))


def periods(requested_at: Times) -> Times:
    """The month of each time `[n]`; the year where there are more than 36 months."""
    months = requested_at.astype("datetime64[M]")
    return months.astype("datetime64[Y]") if len(np.unique(months)) > 36 else months


def _vintage(name: str, rows: Rows) -> Vintage:
    labelled = rows.y != NO_LABEL
    used = labelled & rows.has_history
    return Vintage(
        name=name,
        used=int(used.sum()),
        without_history=int((~rows.has_history).sum()),
        censored=int((~labelled & rows.has_history).sum()),
        bads=int((rows.y[used] == 1).sum()),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Features:
    values: Floats
    has_history: NDArray[np.bool_]
    stored: NDArray[np.bool_]
    reproduced: NDArray[np.bool_]


def _gather_chunk(
    connection: Connection, portfolio: Portfolio, labels: Labels, chunk: Indices, source: Source
) -> _Features:
    subjects = [str(subject) for subject in labels.subject_id[chunk]]
    moments = [_moment(at) for at in labels.requested_at[chunk]]
    keys = [Key(subject, at) for subject, at in zip(subjects, moments, strict=True)]
    found = None
    if source is Source.AUDITS:
        found = read_stored_features(connection, portfolio, subject_ids=subjects, requested_at=moments)
        for position, as_of, snapshot in zip(found.position, found.as_of, found.pg_snapshot, strict=True):
            keys[position] = Key(subjects[position], as_of, snapshot)
    computed = compute_features(connection, portfolio, keys)
    return _with_stored(computed.values, computed.has_history, found)


def _with_stored(values: Floats, has_history: NDArray[np.bool_], found: StoredFeatures | None) -> _Features:
    stored, reproduced = np.zeros(len(values), dtype=bool), np.zeros(len(values), dtype=bool)
    if found is not None and len(found.position):
        anew = values[found.position]
        equal = (anew == found.values) | (np.isnan(anew) & np.isnan(found.values))
        stored[found.position] = True
        reproduced[found.position] = equal.all(axis=1)
        values = values.copy()
        values[found.position] = found.values
    return _Features(values, has_history, stored, reproduced)


def _joined(parts: list[_Features], labels: Labels, width: int) -> Rows:
    empty = np.zeros(0, dtype=bool)
    parts = parts or [_Features(np.empty((0, width)), empty, empty, empty)]
    gathered = {one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(_Features)}
    return Rows(
        advance_id=labels.advance_id,
        subject_id=labels.subject_id,
        requested_at=labels.requested_at,
        y=labels.y,
        known_at=labels.known_at,
        **cast("dict[str, Any]", gathered),
    )


def _moment(at: np.datetime64) -> datetime:
    return cast("datetime", at.item()).replace(tzinfo=UTC)
