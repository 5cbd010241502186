"""Scores that leave an audit: the transaction that ends before the answer is given."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from queue import SimpleQueue
from uuid import UUID

from sqlalchemy import Connection, Engine

from credit.database.audits import Audit, append
from credit.database.score_requests import (
    ANONYMOUS,
    DatabaseAwayError,
    current_moment,
    ensure_partitions,
    online_transaction,
    record_answer,
    recorded_answer,
)
from credit.portfolios import Portfolio
from credit.scores import ScoredRows, score_rows
from predictor.deployment import Deployed
from predictor.errors import KeyConflictError, UnavailableError
from predictor.feature_values import Floats, check_rows
from predictor.online_audits import audits_of
from predictor.score_answer import score_answer
from predictor.score_request import ScoreWish, given_rows
from predictor.strict_json import to_json
from predictor.subject_features import Moment, SubjectRows, subject_rows, supplied_rows

_PARTITION_DAYS = 8
"""Today and a week ahead."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request's own marks."""

    request_id: str
    idempotency_key: str | None
    body: bytes
    """All of it: a repeated key must come with the same."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What a `/score` request gets."""

    answer: bytes
    rows: ScoredRows | None
    """None where the answer is the one that the key got before."""


class AuditedScoring:
    """Scores subjects of one portfolio and commits their audits before it answers. Called from many threads."""

    def __init__(
        self,
        database: Engine | None,
        portfolio: Portfolio,
        *,
        clock: Callable[[], datetime] | None,
        writers: int,
        seconds: float,
    ) -> None:
        """Scores are as of `clock`, or the database's own where it is None.

        As many transactions as there are `writers` do not wait for each other's batch of the ledger.
        """
        self._database = database
        self._portfolio = portfolio
        self._clock = clock
        self._seconds = seconds
        self._partitioned_on: date | None = None
        self._writers: SimpleQueue[str] = SimpleQueue()
        for number in range(writers):
            self._writers.put(f"online/{portfolio.name}/{number}")

    def score(self, wish: ScoreWish, deployed: Deployed, asked: Asked) -> Scored:
        """The answer to a `/score` request.

        Raises:
            BadInputError: where features do not fit the model.
            UnknownSubjectError: where a subject whose features are to be computed has no history.
            KeyConflictError: where the key came with another body.
            UnavailableError: where nothing can be audited now.
        """
        given = given_rows(wish.subjects, deployed.bundle.feature_names)
        supplied = [subject.features is not None for subject in wish.subjects]
        check_rows(given[supplied], deployed.bundle.manifest.features)
        digest = sha256(f"{self._portfolio.name}\n".encode() + asked.body).digest()
        with self._transaction(deployed) as (connection, writer):
            first = _first_answer(connection, asked.idempotency_key, digest)
            if first is not None:
                return Scored(first, None)
            moment = self._moment(connection)
            names = deployed.bundle.feature_names
            rows = subject_rows(connection, self._portfolio, wish.subjects, given, feature_names=names, moment=moment)
            subject_ids = [subject.user_id for subject in wish.subjects]
            scored, audits = self._audits(subject_ids, rows, deployed, moment, asked.request_id)
            append(connection, writer=writer, audits=audits)
            answers = [score_answer(audit) for audit in audits]
            answer = to_json(answers if wish.many else answers[0])
            self._record(connection, asked.idempotency_key, digest, audits, answer)
        return Scored(answer, scored)

    def score_supplied(
        self, rows: Floats, subject_id: str, deployed: Deployed, request_id: str
    ) -> tuple[ScoredRows, UUID]:
        """The scores of one row of a subject that a client supplied, with the identifier of their audit.

        Raises:
            BadInputError: where the row holds an infinity.
            UnavailableError: where nothing can be audited now.
        """
        supplied = supplied_rows(rows, deployed.bundle.feature_names)
        with self._transaction(deployed) as (connection, writer):
            moment = self._moment(connection)
            scored, audits = self._audits([subject_id], supplied, deployed, moment, request_id)
            append(connection, writer=writer, audits=audits)
        return scored, audits[0].audit_id

    @contextmanager
    def _transaction(self, deployed: Deployed) -> Iterator[tuple[Connection, str]]:
        database = self._auditable(deployed)
        writer = self._writers.get()
        try:
            self._ensure_partitions(database)
            with online_transaction(database, timeout_seconds=self._seconds) as connection:
                yield connection, writer
        except DatabaseAwayError as error:
            raise UnavailableError(str(error)) from error
        finally:
            self._writers.put(writer)

    def _auditable(self, deployed: Deployed) -> Engine:
        if self._database is None:
            raise UnavailableError("this server has no database, and a score must leave an audit: set DATABASE_URL")
        if deployed.obstacle:
            raise UnavailableError(f"{deployed.obstacle}, and a score must leave an audit")
        return self._database

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

    def _audits(
        self, subject_ids: list[str], rows: SubjectRows, deployed: Deployed, moment: Moment, request_id: str
    ) -> tuple[ScoredRows, tuple[Audit, ...]]:
        scored = score_rows(deployed.bundle, rows.values)
        audits = audits_of(
            scored,
            rows,
            subject_ids,
            portfolio=self._portfolio.name,
            moment=moment,
            scored_at=moment.as_of,
            request_id=request_id,
            role=deployed.role,
        )
        return scored, audits

    def _record(
        self, connection: Connection, key: str | None, digest: bytes, audits: tuple[Audit, ...], answer: bytes
    ) -> None:
        if key is None:
            return
        record_answer(
            connection,
            client=ANONYMOUS,
            key=key,
            body_sha256=digest,
            as_of=audits[0].score.as_of,
            audit_ids=[audit.audit_id for audit in audits],
            answer=answer.decode(),
            at=audits[0].scored_at,
        )


def _first_answer(connection: Connection, key: str | None, digest: bytes) -> bytes | None:
    first = None if key is None else recorded_answer(connection, client=ANONYMOUS, key=key)
    if first is None:
        return None
    if first.body_sha256 != digest:
        raise KeyConflictError(f"Idempotency-Key {key}: came before with another body; use a new key")
    return first.answer.encode()
