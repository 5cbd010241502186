"""The rows of a group of requests; a request that is at fault leaves the group alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from credit.portfolios import Portfolio
from predictor.audit_request import AuditRequest
from predictor.errors import BadInputError, PredictorError
from predictor.subject_features import Moment, SubjectRows, subject_rows, supplied_rows


@dataclass(frozen=True, slots=True)
class GroupRows:
    """Requests that go on, with the rows of all their subjects one after another."""

    requests: Mapping[int, AuditRequest]
    """By their place in the group, in order."""
    rows: SubjectRows


def checked_requests(requests: Sequence[AuditRequest]) -> tuple[list[int], dict[int, PredictorError]]:
    """The places of requests whose given rows fit the model, and the faults of the others."""
    try:
        _check(requests)
    except BadInputError as error:
        if len(requests) == 1:
            return [], {0: error}
    else:
        return list(range(len(requests))), {}
    faults = {index: fault for index, one in enumerate(requests) for fault in checked_requests([one])[1].values()}
    return [index for index in range(len(requests)) if index not in faults], dict(faults)


def rows_of_group(
    connection: Connection, portfolio: Portfolio, requests: Mapping[int, AuditRequest], moment: Moment
) -> tuple[GroupRows, dict[int, PredictorError]]:
    """The rows of checked requests as of the moment, and the faults of those whose features cannot be computed."""
    if not any(request.computed for request in requests.values()):
        return supplied_group(requests), {}
    rows: dict[int, SubjectRows] = {}
    faults: dict[int, PredictorError] = {}
    for index, request in requests.items():
        try:
            rows[index] = subject_rows(
                connection, portfolio, request.subjects, request.given, deployed=request.deployed, moment=moment
            )
        except PredictorError as error:
            faults[index] = error
    return GroupRows({index: requests[index] for index in rows}, _joined(list(rows.values()))), faults


def supplied_group(requests: Mapping[int, AuditRequest]) -> GroupRows:
    """The rows of checked requests none of which has features to be computed."""
    if not requests:
        return GroupRows(requests, _joined([]))
    given = np.concatenate([request.given for request in requests.values()])
    return GroupRows(requests, supplied_rows(given, next(iter(requests.values())).deployed))


def _check(requests: Sequence[AuditRequest]) -> None:
    deployed = requests[0].deployed
    supplied = [subject.features is not None for request in requests for subject in request.subjects]
    given = np.concatenate([request.given for request in requests])
    deployed.rules.check(given[supplied])
    supplied_rows(given, deployed)


def _joined(rows: Sequence[SubjectRows]) -> SubjectRows:
    if not rows:
        return SubjectRows(np.empty((0, 0)), (), np.empty(0, dtype=np.bool_))
    return SubjectRows(
        np.concatenate([one.values for one in rows]),
        tuple(reasons for one in rows for reasons in one.null_reasons),
        np.concatenate([one.computed for one in rows]),
    )
