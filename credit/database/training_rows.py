"""The stored features that scores were computed from, found for the advance requests that they preceded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, TextClause, text

from credit.portfolios import Portfolio

SNAPSHOT_HOURS = 24
"""Age at the request above which a snapshot is not of the request's time: the user may have had new data since."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredFeatures:
    """Features of the m requests, out of those asked for, that a score of their time was stored for."""

    position: NDArray[np.int64]
    """Position of each in the requests asked for, rising."""
    as_of: tuple[datetime, ...]
    """What the snapshot was as of: at most `SNAPSHOT_HOURS` before the request."""
    pg_snapshot: tuple[str, ...]
    values: NDArray[np.float64]
    """`[m, d]` in the portfolio's feature order; NaN where unknown."""


def read_stored_features(
    connection: Connection, portfolio: Portfolio, *, subject_ids: Sequence[str], requested_at: Sequence[datetime]
) -> StoredFeatures:
    """The latest stored features of each request that are at most `SNAPSHOT_HOURS` older than it.

    Only features that were computed here count; those that a client supplied never enter training.
    """
    rows = connection.execute(
        _statement(),
        {
            "subject_ids": list(subject_ids),
            "requested_ats": list(requested_at),
            "portfolio": portfolio.name,
            "snapshot_hours": SNAPSHOT_HOURS,
            "feature_names": list(portfolio.feature_names),
        },
    ).all()
    return StoredFeatures(
        position=np.array([row.position for row in rows], dtype=np.int64),
        as_of=tuple(row.as_of for row in rows),
        pg_snapshot=tuple(row.pg_snapshot for row in rows),
        values=_values(rows, portfolio.feature_names),
    )


@cache
def _statement() -> TextClause:
    return text((resources.files("credit.database") / "training_rows.sql").read_text("utf-8"))


def _values(rows: Sequence[Row[Any]], names: Sequence[str]) -> NDArray[np.float64]:
    values = np.full((len(rows), len(names)), np.nan)
    for index, row in enumerate(rows):
        values[index] = [np.nan if row.features[name] is None else row.features[name] for name in names]
    return values
