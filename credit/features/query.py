"""Features of users as of times: one SQL definition for training, batch, online and backfill."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Row, TextClause, text

from credit.features.catalogue import CASH_FLOW
from credit.features.errors import FeatureError
from credit.money import DEFAULT_EXPONENT, OTHER_EXPONENTS, minor_unit_exponent
from credit.portfolios import Portfolio

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

KEYS_A_STATEMENT = 2000
"""Keys of one statement: enough to amortise planning, few enough for a flat memory."""

_SETTINGS = {
    # Compiling takes longer than running the plan of one key.
    "jit": "off",
    # One user's rows are always found by an index: old statistics must not talk the planner into reading all users'.
    "enable_seqscan": "off",
    # Floats travel as text: with the shortest digits that give back every bit.
    "extra_float_digits": "1",
}


@dataclass(frozen=True, slots=True)
class Key:
    """Whose features, as of when, and by which snapshot.

    With a `snapshot` (PostgreSQL's text `xmin:xmax:running`) the row is what a reader of that snapshot saw; take
    `as_of` after the snapshot, so that nothing committed before it looks later. Without one, the clock decides:
    rows with `ingested_at <= as_of`.
    """

    subject_id: str
    as_of: datetime
    snapshot: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FeatureRows:
    """Features of n keys, in the keys' order."""

    values: FloatArray
    """float64 `[n, d]` in the portfolio's feature order and units; NaN where unknown."""
    null_reasons: tuple[Mapping[str, str], ...]
    """For each key, each unknown feature's name and why it is unknown."""
    has_history: BoolArray
    """bool `[n]`: whether any posted transaction before `as_of` was visible."""


def compute_features(connection: Connection, portfolio: Portfolio, keys: Sequence[Key]) -> FeatureRows:
    """The features of `portfolio` for each of `keys`; any number of keys, in chunks of one statement each.

    Runs in the transaction that `connection` is in, or begins one. A key's row depends on that key alone: not on
    its neighbours, the plan, or anything that was ingested later.

    Raises:
        FeatureError: where the portfolio has a feature that cash flow does not define, or a time has no zone.
    """
    _check(portfolio, keys)
    rows: list[Row[Any]] = []
    with _settings(connection):
        for start in range(0, len(keys), KEYS_A_STATEMENT):
            rows += connection.execute(statement(), parameters(portfolio, keys[start : start + KEYS_A_STATEMENT]))
    return _feature_rows(portfolio.feature_names, rows)


@cache
def statement() -> TextClause:
    """The SQL of all cash-flow features; `parameters` binds it."""
    return text((resources.files("credit.features") / "cash_flow.sql").read_text("utf-8"))


def parameters(portfolio: Portfolio, keys: Sequence[Key]) -> Mapping[str, object]:
    """What `statement` is bound to for `keys`."""
    return {
        "subject_ids": [key.subject_id for key in keys],
        "as_ofs": [key.as_of for key in keys],
        "snapshots": [key.snapshot for key in keys],
        "portfolio": portfolio.name,
        "currency": portfolio.currency,
        "minor_per_major": float(10 ** minor_unit_exponent(portfolio.currency)),
        "exponent_currencies": list(OTHER_EXPONENTS),
        "exponents": list(OTHER_EXPONENTS.values()),
        "default_exponent": DEFAULT_EXPONENT,
    }


def _check(portfolio: Portfolio, keys: Sequence[Key]) -> None:
    known = {definition.feature.name for definition in CASH_FLOW}
    if unknown := [name for name in portfolio.feature_names if name not in known]:
        raise FeatureError(
            f"portfolio {portfolio.name}: cash flow defines no {', '.join(unknown)}; docs/features.md lists its "
            "features, others come with the lender's own table"
        )
    for key in keys:
        if key.as_of.tzinfo is None:
            raise FeatureError(f"as_of of subject {key.subject_id!r} has no time zone: {key.as_of}")


@contextmanager
def _settings(connection: Connection) -> Iterator[None]:
    """Settings of the caller's transaction for the length of one call; an error ends the transaction anyway."""
    before = {name: connection.scalar(text("SELECT current_setting(:name)"), {"name": name}) for name in _SETTINGS}
    _set_local(connection, _SETTINGS)
    yield
    _set_local(connection, before)


def _set_local(connection: Connection, settings: Mapping[str, str | None]) -> None:
    for name, value in settings.items():
        connection.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})


def _feature_rows(names: Sequence[str], rows: Sequence[Row[Any]]) -> FeatureRows:
    values = np.full((len(rows), len(names)), np.nan)
    reasons: list[Mapping[str, str]] = []
    for index, row in enumerate(rows):
        columns = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
        missing = {name: columns[f"{name}_because"] for name in names if columns[name] is None}
        values[index] = [np.nan if columns[name] is None else columns[name] for name in names]
        reasons.append(missing)
    history = np.array([row.has_history for row in rows], dtype=np.bool_)
    return FeatureRows(values, tuple(reasons), history)
