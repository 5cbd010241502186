"""Scores that leave an audit: one transaction for a group of requests, ended before any of them is answered."""

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial

from sqlalchemy import Connection, Engine

from credit.database.audits import append_new, insert_snapshots_while
from credit.database.score_requests import (
    ANONYMOUS,
    DatabaseAwayError,
    answering_transaction,
    current_moment,
    ensure_partitions,
    online_transaction,
    record_answers,
    recorded_answers,
)
from credit.database.writers import take_turn
from credit.portfolios import Portfolio
from credit.scores import ScoredRows
from predictor.audit_request import Asked, AuditRequest
from predictor.composition import Audited, Outcome, composed, count_scores, each_alone, snapshots_of_group
from predictor.errors import KeyConflictError, UnavailableError
from predictor.group_rows import checked_requests, rows_of_group
from predictor.metrics import Metrics
from predictor.outage import Outage
from predictor.subject_features import Moment

__all__ = ["Asked", "AuditedScoring", "first_outcome"]

_log = logging.getLogger(__name__)

_PARTITION_DAYS = 8
"""Today and a week ahead."""


class AuditedScoring:
    """Scores subjects of one portfolio and commits their audits before it answers. Called from several threads."""

    def __init__(
        self,
        database: Engine | None,
        portfolio: Portfolio,
        metrics: Metrics,
        *,
        writers: Sequence[str],
        clock: Callable[[], datetime] | None,
        seconds: float,
    ) -> None:
        """Scores are as of `clock`, or the database's own where it is None; no statement takes over `seconds`.

        Each transaction writes as one of `writers`, of whom there should be as many as there are transactions at once,
        in all servers of the portfolio.
        """
        self._database = database
        self._portfolio = portfolio
        self._metrics = metrics
        self._writers = writers
        self._clock = clock
        self._seconds = seconds
        self._partitioned_on: date | None = None
        self._outage = Outage(_log)
        self._waited_since = -math.inf
        """Who began to wait before that, on the monotonic clock, has waited for the database long enough."""
        self._late = ""
        """What is said to them."""

    def score(self, requests: Sequence[AuditRequest]) -> list[Outcome]:
        """What each request gets, in order; all are of one deployed model, and no two of one key.

        They are written in one transaction as a writer's next batch. Where that fails through a fault that may be
        one request's, each is tried alone. Where the database is away, each gets an UnavailableError.
        """
        return each_alone(self._score, requests)

    def _score(self, requests: Sequence[AuditRequest]) -> list[Outcome]:
        sound, faults = checked_requests(requests)
        outcomes: dict[int, Outcome] = {**faults}
        if sound:
            outcomes |= self._transacted({index: requests[index] for index in sound})
        return [outcomes[index] for index in range(len(requests))]

    def _transacted(self, requests: Mapping[int, AuditRequest]) -> dict[int, Outcome]:
        if self._database is None:
            message = "this server has no database, and a score must leave an audit: set DATABASE_URL"
            return {index: UnavailableError(message) for index in requests}
        # Told without another try, and with them who came since.
        if any(request.since < self._waited_since for request in requests.values()):
            return {index: UnavailableError(self._late, unwritten=True) for index in requests}
        return self._tried(self._database, requests)

    def _tried(self, database: Engine, requests: Mapping[int, AuditRequest]) -> dict[int, Outcome]:
        begun, committing = time.monotonic(), False
        try:
            with self._transaction(database) as connection:
                outcomes, scored = self._written(connection, requests)
                committing = True
        except DatabaseAwayError as error:
            self._outage.noticed(error)
            if error.late:
                # Of a silent one nobody gets more by waiting; of a slow one who waited for all of this.
                since = time.monotonic() if error.silent else begun
                if since > self._waited_since:
                    self._late, self._waited_since = str(error), since
            # Whether a commit that gets no answer was one, nobody can say.
            said = f"{error}; whether the score was audited is not known" if committing else str(error)
            return {index: UnavailableError(said, unwritten=not committing) for index in requests}
        self._outage.over()
        if scored is not None:
            committed = partial(self._metrics.audits_committed, len(requests), len(scored))
            count_scores(self._metrics, self._portfolio.name, scored, count_audits=committed)
        return outcomes

    def _written(
        self, connection: Connection, requests: Mapping[int, AuditRequest]
    ) -> tuple[dict[int, Outcome], ScoredRows | None]:
        # Before the keys of requests: whoever waits for a writer holds nothing that another waits for.
        turn = take_turn(connection, self._writers, timeout_seconds=self._seconds)
        moment = self._moment(turn.pg_snapshot, turn.at)
        outcomes = _first_outcomes(connection, requests)
        fresh = {index: request for index, request in requests.items() if index not in outcomes}
        group, faults = rows_of_group(connection, self._portfolio, fresh, moment)
        outcomes |= faults
        if not group.requests:
            return outcomes, None
        snapshots = snapshots_of_group(group, moment, self._portfolio.name)
        # Half of a transaction's time is PostgreSQL's: it has something to do while the scores are composed.
        made = insert_snapshots_while(connection, snapshots, partial(composed, group, snapshots, moment))
        append_new(connection, turn=turn, audits=made.audits)
        if made.answers:
            record_answers(connection, client=ANONYMOUS, answers=made.answers)
        return outcomes | dict(made.outcomes), made.scored

    @contextmanager
    def _transaction(self, database: Engine) -> Iterator[Connection]:
        self._ensure_partitions(database)
        with answering_transaction(database) as connection:
            yield connection

    def _ensure_partitions(self, database: Engine) -> None:
        # Once a day of this machine's clock; a week ahead, so that clocks need not agree on midnight.
        today = datetime.now(UTC).date()
        if today == self._partitioned_on:
            return
        with online_transaction(database, timeout_seconds=self._seconds) as connection:
            ensure_partitions(connection, self._moment(*current_moment(connection)).as_of.date(), days=_PARTITION_DAYS)
        self._partitioned_on = today

    def _moment(self, visible: str, now: datetime) -> Moment:
        return Moment(visible, now if self._clock is None else self._clock())


def first_outcome(request: AuditRequest, body_sha256: bytes, answer: str) -> Outcome:
    """What a request gets whose key was answered before: the same, or a KeyConflictError for another body."""
    if body_sha256 != request.digest:
        return KeyConflictError(f"Idempotency-Key {request.key}: came before with another body; use a new key")
    return Audited(answer.encode(), None, ())


def _first_outcomes(connection: Connection, requests: Mapping[int, AuditRequest]) -> dict[int, Outcome]:
    keys = [request.key for request in requests.values() if request.key is not None]
    if not keys:
        return {}
    firsts = recorded_answers(connection, client=ANONYMOUS, keys=keys)
    return {
        index: first_outcome(request, firsts[request.key].body_sha256, firsts[request.key].answer)
        for index, request in requests.items()
        if request.key is not None and request.key in firsts
    }
