"""Scores that leave an audit: one transaction for a group of requests, ended before any of them is answered."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import Connection, Engine

from credit.database.audits import append_new
from credit.database.score_requests import (
    ANONYMOUS,
    DatabaseAwayError,
    FirstAnswer,
    RecordedAnswer,
    current_moment,
    ensure_partitions,
    online_transaction,
    record_answers,
    recorded_answers,
)
from credit.database.written_audits import WrittenAudit
from credit.portfolios import Portfolio
from credit.scores import ScoredRows, score_rows
from predictor.audit_request import Asked, AuditRequest
from predictor.errors import KeyConflictError, UnavailableError
from predictor.group_rows import GroupRows, checked_requests, rows_of_group
from predictor.metrics import Metrics
from predictor.online_audits import audits_of
from predictor.score_answer import score_answer
from predictor.subject_features import Moment

__all__ = ["Asked", "Audited", "AuditedScoring", "Outcome"]

_log = logging.getLogger(__name__)

_PARTITION_DAYS = 8
"""Today and a week ahead."""


@dataclass(frozen=True, slots=True)
class Audited:
    """What a request gets whose scores are in the ledger."""

    answer: bytes
    """Of `/score`; empty for other protocols."""
    rows: ScoredRows | None
    """What other protocols write their answers from; None for `/score`."""
    audit_ids: tuple[UUID, ...]


Outcome = Audited | Exception
"""An exception is that request's own: the others of its group have theirs."""


class AuditedScoring:
    """Scores subjects of one portfolio and commits their audits before it answers. Called from several threads."""

    def __init__(
        self,
        database: Engine | None,
        portfolio: Portfolio,
        metrics: Metrics,
        *,
        clock: Callable[[], datetime] | None,
        seconds: float,
    ) -> None:
        """Scores are as of `clock`, or the database's own where it is None; no statement takes over `seconds`."""
        self._database = database
        self._portfolio = portfolio
        self._metrics = metrics
        self._clock = clock
        self._seconds = seconds
        self._partitioned_on: date | None = None

    def score(self, requests: Sequence[AuditRequest], writer: str) -> list[Outcome]:
        """What each request gets, in order; all are of one deployed model, and no two of one key.

        They are written in one transaction as the writer's next batch. Where that fails through a fault that may be
        one request's, each is tried alone.
        """
        try:
            return self._score(requests, writer)
        except DatabaseAwayError as error:
            return [UnavailableError(str(error)) for _ in requests]
        except UnavailableError as error:
            return [UnavailableError(str(error)) for _ in requests]
        except Exception as error:  # noqa: BLE001 - it is the outcome of the request that it belongs to
            if len(requests) == 1:
                return [error]
            _log.warning("a group of %d requests failed (%s); each is tried alone", len(requests), error)
        return [outcome for request in requests for outcome in self.score([request], writer)]

    def _score(self, requests: Sequence[AuditRequest], writer: str) -> list[Outcome]:
        sound, faults = checked_requests(requests)
        outcomes: dict[int, Outcome] = {**faults}
        if sound:
            with self._transaction() as connection:
                committed, scored = self._committed(connection, {index: requests[index] for index in sound}, writer)
            outcomes |= committed
            if scored is not None:
                probabilities = scored.default_probabilities.tolist()
                self._metrics.scored(self._portfolio.name, scored.model_id, probabilities, audited=True)
        return [outcomes[index] for index in range(len(requests))]

    def _committed(
        self, connection: Connection, requests: Mapping[int, AuditRequest], writer: str
    ) -> tuple[dict[int, Outcome], ScoredRows | None]:
        outcomes = _first_outcomes(connection, requests)
        moment = self._moment(connection)
        fresh = {index: request for index, request in requests.items() if index not in outcomes}
        group, faults = rows_of_group(connection, self._portfolio, fresh, moment)
        outcomes |= faults
        if not group.requests:
            return outcomes, None
        scored, written = self._written(group, moment)
        append_new(connection, writer=writer, audits=written)
        return outcomes | _recorded(connection, group, scored, written), scored

    def _written(self, group: GroupRows, moment: Moment) -> tuple[ScoredRows, list[WrittenAudit]]:
        requests = list(group.requests.values())
        deployed = requests[0].deployed
        scored = score_rows(deployed.bundle, group.rows.values)
        audits = audits_of(
            scored,
            group.rows,
            [subject.user_id for request in requests for subject in request.subjects],
            portfolio=self._portfolio.name,
            moment=moment,
            scored_at=moment.as_of,
            request_ids=[request.request_id for request in requests for _ in request.subjects],
            role=deployed.role,
        )
        return scored, [WrittenAudit(audit) for audit in audits]

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if self._database is None:
            raise UnavailableError("this server has no database, and a score must leave an audit: set DATABASE_URL")
        self._ensure_partitions(self._database)
        with online_transaction(self._database, timeout_seconds=self._seconds) as connection:
            yield connection

    def _ensure_partitions(self, database: Engine) -> None:
        # Once a day of this machine's clock; a week ahead, so that clocks need not agree on midnight.
        today = datetime.now(UTC).date()
        if today == self._partitioned_on:
            return
        with online_transaction(database, timeout_seconds=self._seconds) as connection:
            ensure_partitions(connection, self._moment(connection).as_of.date(), days=_PARTITION_DAYS)
        self._partitioned_on = today

    def _moment(self, connection: Connection) -> Moment:
        visible, now = current_moment(connection)
        return Moment(visible, now if self._clock is None else self._clock())


def _first_outcomes(connection: Connection, requests: Mapping[int, AuditRequest]) -> dict[int, Outcome]:
    keys = [request.key for request in requests.values() if request.key is not None]
    if not keys:
        return {}
    firsts = recorded_answers(connection, client=ANONYMOUS, keys=keys)
    return {
        index: _first_outcome(request, firsts[request.key])
        for index, request in requests.items()
        if request.key in firsts
    }


def _first_outcome(request: AuditRequest, first: RecordedAnswer) -> Outcome:
    if first.body_sha256 != request.digest:
        return KeyConflictError(f"Idempotency-Key {request.key}: came before with another body; use a new key")
    return Audited(first.answer.encode(), None, ())


def _recorded(
    connection: Connection, group: GroupRows, scored: ScoredRows, written: Sequence[WrittenAudit]
) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = {}
    answers: list[FirstAnswer] = []
    start = 0
    for index, request in group.requests.items():
        stop = start + len(request.subjects)
        audits = [one.audit for one in written[start:stop]]
        audit_ids = tuple(audit.audit_id for audit in audits)
        answer = _answer(request, written[start:stop])
        outcomes[index] = Audited(answer.encode(), None if answer else scored.part(start, stop), audit_ids)
        if request.key is not None:
            as_of, at = audits[0].score.as_of, audits[0].scored_at
            answers.append(FirstAnswer(request.key, request.digest, as_of, audit_ids, answer, at))
        start = stop
    if answers:
        record_answers(connection, client=ANONYMOUS, answers=answers)
    return outcomes


def _answer(request: AuditRequest, written: Sequence[WrittenAudit]) -> str:
    if not request.wants_answer:
        return ""
    answers = [score_answer(one) for one in written]
    return f"[{','.join(answers)}]" if request.many else answers[0]
