"""Features of the subjects of one request: as they were given, or computed as of now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from credit.database.table_rows import latest_rows
from credit.features.errors import FeatureError
from credit.features.query import FeatureRows, Key, compute_features
from credit.portfolios import Portfolio
from predictor.deployment import Deployed
from predictor.errors import BadInputError, UnavailableError, UnknownSubjectError
from predictor.feature_values import BoolArray, Floats
from predictor.score_request import SubjectWish
from predictor.unknown_values import NOT_IN_TABLE, absent_because, null_reasons


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


def supplied_rows(rows: Floats, deployed: Deployed) -> SubjectRows:
    """Rows as a client gave them.

    Raises:
        BadInputError: where one holds an infinity, which no audit can hold.
    """
    if np.isinf(rows).any():
        row, column = np.argwhere(np.isinf(rows))[0].tolist()
        raise BadInputError(f"row {row}, feature {deployed.feature_names[column]}", "infinity cannot be audited")
    return SubjectRows(rows, null_reasons(rows, deployed.not_supplied), np.zeros(len(rows), dtype=np.bool_))


def subject_rows(
    connection: Connection,
    portfolio: Portfolio,
    subjects: Sequence[SubjectWish],
    given: Floats,
    *,
    deployed: Deployed,
    moment: Moment,
) -> SubjectRows:
    """Given rows with those filled in that are to be computed, as of the moment.

    Raises:
        BadInputError: where the portfolio's features cannot be computed and must be given.
        UnknownSubjectError: where a subject has no history, or no row in the lender's own table.
        UnavailableError: where the model has features that the portfolio no longer computes.
    """
    rows = supplied_rows(given, deployed)
    asked = [index for index, subject in enumerate(subjects) if subject.features is None]
    if not asked:
        return rows
    _check_known(portfolio, deployed.feature_names)
    if portfolio.table is None:
        keys = [Key(subjects[index].user_id, moment.as_of, moment.pg_snapshot) for index in asked]
        found = _in_order(_computed(connection, portfolio, keys, subjects), portfolio, deployed.feature_names)
    else:
        found = _latest(connection, portfolio, [subjects[index].user_id for index in asked], deployed, moment)
    return _filled(rows, asked, found, subjects, portfolio)


def _check_known(portfolio: Portfolio, names: Sequence[str]) -> None:
    if absent := [name for name in names if name not in portfolio.feature_names]:
        raise UnavailableError(
            f"the serving model has features that portfolio {portfolio.name} does not compute: "
            f"{', '.join(absent)}; give them in the request"
        )


def _computed(
    connection: Connection, portfolio: Portfolio, keys: Sequence[Key], subjects: Sequence[SubjectWish]
) -> FeatureRows:
    try:
        return compute_features(connection, portfolio, keys)
    except FeatureError as error:
        place = next(subject.features_place for subject in subjects if subject.features is None)
        raise BadInputError(place, f"must be given: {error}") from error


def _in_order(found: FeatureRows, portfolio: Portfolio, names: Sequence[str]) -> FeatureRows:
    """Features in the model's order."""
    columns = [portfolio.feature_names.index(name) for name in names]
    reasons = [{name: because[name] for name in names if name in because} for because in found.null_reasons]
    return replace(found, values=found.values[:, columns], null_reasons=tuple(reasons))


def _latest(
    connection: Connection, portfolio: Portfolio, subject_ids: Sequence[str], deployed: Deployed, moment: Moment
) -> FeatureRows:
    """Features as they stand in each subject's latest row, categories by the model's own lists."""
    features = deployed.bundle.manifest.features
    found = latest_rows(
        connection, portfolio.name, features, subject_ids, as_of=moment.as_of, pg_snapshot=moment.pg_snapshot
    )
    return FeatureRows(found.values, null_reasons(found.values, absent_because(features, NOT_IN_TABLE)), found.found)


def _filled(
    rows: SubjectRows, asked: Sequence[int], found: FeatureRows, subjects: Sequence[SubjectWish], portfolio: Portfolio
) -> SubjectRows:
    values, reasons, computed = rows.values.copy(), list(rows.null_reasons), rows.computed.copy()
    for position, index in enumerate(asked):
        if not found.has_history[position]:
            subject = subjects[index]
            raise UnknownSubjectError(f"{subject.user_id_place}: {subject.user_id} has no {_lacking(portfolio)}")
        values[index] = found.values[position]
        reasons[index] = found.null_reasons[position]
        computed[index] = True
    return SubjectRows(values, tuple(reasons), computed)


def _lacking(portfolio: Portfolio) -> str:
    if portfolio.table is None:
        return "transactions to compute features from; load its history, or give the features"
    return "row in the lender's table; load one, or give the features"
