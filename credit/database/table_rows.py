"""Rows of lenders' own tables in `ground_truth_labels`: labelled ones to train on, the latest of subjects to score."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, TextClause, select, text

from credit.categories import codes_of
from credit.database.labels import NO_LABEL
from credit.database.schema import GROUND_TRUTH_LABELS
from credit.portfolios import Feature, FeatureKind, TableRule

ROWS_AT_ONCE = 10_000


class TablePortfolio(Protocol):
    """What of a portfolio rows are read by: of one that is described now, or as a model's bundle remembers it."""

    @property
    def name(self) -> str:
        """The portfolio's name."""

    @property
    def features(self) -> Sequence[Feature]:
        """In the order of the columns."""

    @property
    def table(self) -> TableRule | None:
        """How rows stand in the lender's own table."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredRows:
    """n rows of a table, each in the last version known."""

    subject_id: NDArray[np.str_]
    observed_at: NDArray[np.datetime64]
    """Microseconds, UTC."""
    known_at: NDArray[np.datetime64]
    """Time from which the label was known; NaT where there is none."""
    values: NDArray[np.float64]
    """`[n, d]` in the portfolio's feature order; NaN where missing."""
    y: NDArray[np.int8]
    """1 bad, 0 good, `NO_LABEL` not known."""
    protected: Mapping[str, Sequence[str | None]]
    """Texts of each protected column that was asked for, by its name; None where there is none."""
    unlisted: Mapping[str, Sequence[str]]
    """Of categorical features that have texts and none that is listed, by name: what those rows hold."""


@dataclass(frozen=True, slots=True, eq=False)
class LatestRows:
    """The latest rows of n subjects, in the order in which they were asked for."""

    values: NDArray[np.float64]
    """`[n, d]` in the order of the features asked for; NaN where missing, and where there is no row."""
    found: NDArray[np.bool_]
    """`[n]`, whether there is a row."""


def stored_rows(
    connection: Connection,
    portfolio: TablePortfolio,
    *,
    batch_id: str | None,
    as_of: datetime,
    protected: Sequence[str] = (),
) -> Iterator[StoredRows]:
    """The rows of a batch, or of all, known at `as_of`, in order of time and then of subject, a part at a time.

    A label that was known later only is not known. Of rows of all batches with the same subject and time, where the
    portfolio names the columns of both, the one that was loaded last counts. `protected` names columns that are read
    too; blink_scorer may not.
    """
    rule = portfolio.table
    one_each = batch_id is None and rule is not None and None not in {rule.subject_id, rule.observed_at}
    params = {"portfolio": portfolio.name, "batch_id": batch_id, "as_of": as_of, "one_each": one_each}
    parts = {"yield_per": ROWS_AT_ONCE}
    streamed = connection.execute(_statement("table_rows"), params, execution_options=parts)
    reader = _Reader(portfolio.features)
    for rows in streamed.partitions():
        yield _stored(reader, rows, portfolio.features, protected)


def loaded_batches(connection: Connection, portfolio: str, *, most: int) -> tuple[str, ...]:
    """Names of a portfolio's batches that have rows, in order and at most so many."""
    labels = GROUND_TRUTH_LABELS.c
    found = select(labels.batch_id).where(labels.portfolio == portfolio).distinct().order_by(labels.batch_id)
    return tuple(connection.scalars(found.limit(most)))


def latest_rows(
    connection: Connection,
    portfolio: str,
    features: Sequence[Feature],
    subject_ids: Sequence[str],
    *,
    as_of: datetime,
    pg_snapshot: str,
) -> LatestRows:
    """The features of each subject's latest row that was visible in the snapshot, as of the time.

    Categories are read by the lists of these features, which are those of a model as a rule: the portfolio's may have
    grown since.
    """
    params = {
        "portfolio": portfolio,
        "subject_ids": list(subject_ids),
        "as_of": as_of,
        "snapshot": pg_snapshot,
    }
    reader = _Reader(features)
    values = np.full((len(subject_ids), len(features)), np.nan)
    found = np.zeros(len(subject_ids), dtype=np.bool_)
    for row in connection.execute(_statement("latest_table_rows"), params):
        values[row.position] = reader.row(row.features)
        found[row.position] = True
    return LatestRows(values, found)


@cache
def _statement(name: str) -> TextClause:
    return text((resources.files("credit.database") / f"{name}.sql").read_text("utf-8"))


class _Reader:
    """Reads stored features; codes of categories are looked up once."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._columns = [
            (feature.name, codes_of(feature) if feature.kind is FeatureKind.CATEGORICAL else None)
            for feature in features
        ]

    def row(self, stored: Mapping[str, Any]) -> list[float]:
        """A row in the features' order; NaN where missing, and where a text is no category."""
        return [_value(stored.get(name), codes) for name, codes in self._columns]


def _stored(
    reader: _Reader, rows: Sequence[Row[Any]], features: Sequence[Feature], protected: Sequence[str]
) -> StoredRows:
    groups = [row.protected or {} for row in rows] if protected else []
    values = np.array([reader.row(row.features) for row in rows], dtype=np.float64)
    return StoredRows(
        subject_id=np.array([row.subject_id for row in rows], dtype=np.str_),
        observed_at=np.array([row.observed_at for row in rows], dtype="datetime64[us]"),
        known_at=np.array(["NaT" if row.known_at is None else row.known_at for row in rows], dtype="datetime64[us]"),
        values=values,
        y=np.array([NO_LABEL if row.label is None else row.label for row in rows], dtype=np.int8),
        protected={name: [one.get(name) for one in groups] for name in protected},
        unlisted=_unlisted(rows, features, values),
    )


def _unlisted(
    rows: Sequence[Row[Any]], features: Sequence[Feature], values: NDArray[np.float64]
) -> Mapping[str, Sequence[str]]:
    found = {}
    for place, feature in enumerate(features):
        # Texts are looked at again only where all are missing.
        if feature.categories and np.isnan(values[:, place]).all():
            found[feature.name] = [text for row in rows if (text := row.features.get(feature.name)) is not None]
    return {name: texts for name, texts in found.items() if texts}


def _value(stored: Any, codes: Mapping[str, float] | None) -> float:
    if stored is None:
        return np.nan
    return float(stored) if codes is None else codes.get(stored, np.nan)
