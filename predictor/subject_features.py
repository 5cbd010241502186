"""Features of the subjects of one request: as they were given, or computed as of now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress

import numpy as np
from sqlalchemy import Connection

from credit.database.table_rows import latest_rows
from credit.features.errors import FeatureError
from credit.features.query import FeatureRows, Key, compute_features
from credit.portfolios import Portfolio
from predictor.errors import BadInputError, UnavailableError, UnknownSubjectError
from predictor.feature_values import BoolArray, Floats
from predictor.score_request import SubjectWish

NOT_SUPPLIED = "not supplied"
"""Why a feature is unknown that a client left out."""
NOT_IN_TABLE = "not in the lender's table"
"""Why a feature is unknown that the subject's latest row does not have."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was visible, and the time after that."""

    pg_snapshot: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class SubjectRows:
    """Rows of n subjects."""

    values: Floats
    """`[n, d]` in the model's feature order, NaN where unknown."""
    null_reasons: tuple[Mapping[str, str], ...]
    """For each subject, why a feature is unknown, for each that is."""
    computed: BoolArray
    """`[n]`, whether the server computed them."""


def supplied_rows(rows: Floats, feature_names: Sequence[str]) -> SubjectRows:
    """Rows as a client gave them.

    Raises:
        BadInputError: where one holds an infinity, which no audit can hold.
    """
    if np.isinf(rows).any():
        row, column = np.argwhere(np.isinf(rows))[0].tolist()
        raise BadInputError(f"row {row}, feature {feature_names[column]}", "infinity cannot be audited")
    return SubjectRows(rows, _absent(rows, feature_names, NOT_SUPPLIED), np.zeros(len(rows), dtype=np.bool_))


def subject_rows(
    connection: Connection,
    portfolio: Portfolio,
    subjects: Sequence[SubjectWish],
    given: Floats,
    *,
    feature_names: Sequence[str],
    moment: Moment,
) -> SubjectRows:
    """Given rows with those filled in that are to be computed, as of the moment.

    Raises:
        BadInputError: where the portfolio's features cannot be computed and must be given.
        UnknownSubjectError: where a subject has no history, or no row in the lender's own table.
        UnavailableError: where the model has features that the portfolio no longer computes.
    """
    rows = supplied_rows(given, feature_names)
    asked = [index for index, subject in enumerate(subjects) if subject.features is None]
    if not asked:
        return rows
    if portfolio.table is None:
        keys = [Key(subjects[index].user_id, moment.as_of, moment.pg_snapshot) for index in asked]
        found = _computed(connection, portfolio, keys, subjects)
    else:
        found = _latest(connection, portfolio, [subjects[index].user_id for index in asked], moment)
    return _filled(rows, asked, found, subjects, _Columns(portfolio, feature_names))


class _Columns:
    """Where the model's features stand among the portfolio's."""

    def __init__(self, portfolio: Portfolio, feature_names: Sequence[str]) -> None:
        self.names = feature_names
        self.lacking = (
            "transactions to compute features from; load its history, or give the features"
            if portfolio.table is None
            else "row in the lender's table; load one, or give the features"
        )
        if absent := [name for name in feature_names if name not in portfolio.feature_names]:
            raise UnavailableError(
                f"the serving model has features that portfolio {portfolio.name} does not compute: "
                f"{', '.join(absent)}; give them in the request"
            )
        self.indices = [portfolio.feature_names.index(name) for name in feature_names]


def _computed(
    connection: Connection, portfolio: Portfolio, keys: Sequence[Key], subjects: Sequence[SubjectWish]
) -> FeatureRows:
    try:
        return compute_features(connection, portfolio, keys)
    except FeatureError as error:
        place = next(subject.features_place for subject in subjects if subject.features is None)
        raise BadInputError(place, f"must be given: {error}") from error


def _latest(connection: Connection, portfolio: Portfolio, subject_ids: Sequence[str], moment: Moment) -> FeatureRows:
    """Features as they stand in each subject's latest row."""
    found = latest_rows(connection, portfolio, subject_ids, as_of=moment.as_of, pg_snapshot=moment.pg_snapshot)
    reasons = _absent(found.values, portfolio.feature_names, NOT_IN_TABLE)
    return FeatureRows(found.values, reasons, found.found)


def _absent(rows: Floats, names: Sequence[str], because: str) -> tuple[Mapping[str, str], ...]:
    """For each row, the reason for each feature that is NaN."""
    return tuple(dict.fromkeys(compress(names, gone), because) for gone in np.isnan(rows).tolist())


def _filled(
    rows: SubjectRows, asked: Sequence[int], found: FeatureRows, subjects: Sequence[SubjectWish], columns: _Columns
) -> SubjectRows:
    values, reasons, computed = rows.values.copy(), list(rows.null_reasons), rows.computed.copy()
    for position, index in enumerate(asked):
        if not found.has_history[position]:
            subject = subjects[index]
            raise UnknownSubjectError(f"{subject.user_id_place}: {subject.user_id} has no {columns.lacking}")
        values[index] = found.values[position][columns.indices]
        because = found.null_reasons[position]
        reasons[index] = {name: because[name] for name in columns.names if name in because}
        computed[index] = True
    return SubjectRows(values, tuple(reasons), computed)
