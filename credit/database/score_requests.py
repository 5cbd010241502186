"""Online scoring's side of the database: its transactions, and the answers given under an idempotency key."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, Text, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from credit.database.copying import bytes_field, copy_rows, line_of, text_field
from credit.database.driver_connection import ServerSilentError
from credit.database.errors import DatabaseError
from credit.database.quick_statements import QuickStatement, milliseconds
from credit.database.schema import SCORE_REQUESTS

ANONYMOUS = "anonymous"
"""The client of requests while the server knows no clients by name."""


class DatabaseAwayError(DatabaseError):
    """The database does not answer, or not in time; a later try may succeed. The message names no host."""

    def __init__(self, message: str, *, reason: str = "", late: bool = False, silent: bool = False) -> None:
        """`reason` is the driver's line, for a log.

        `late` says that all the time was waited that is given to a statement, and `silent` that the server did not even
        refuse then.
        """
        super().__init__(message)
        self.reason = reason
        self.late = late
        self.silent = silent


_TOOK_TOO_LONG = {"57014", "55P03"}
"""SQLSTATEs of a statement that was cancelled at its limit, and of a lock that was not free in time."""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """What a key was answered with the first time."""

    body_sha256: bytes
    """Of the request."""
    answer: str
    """The answer's text as it was sent."""


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """An answer that is to be repeated for its key."""

    key: str
    body_sha256: bytes
    """Of the request."""
    as_of: datetime
    audit_ids: tuple[UUID, ...]
    answer: str
    """Its text as it is sent: jsonb would reorder an object's keys."""
    at: datetime
    """When it was given."""


_LIMIT = QuickStatement(select(func.set_config("statement_timeout", bindparam("milliseconds"), True)))
_MOMENT = QuickStatement(select(func.pg_current_snapshot(), func.clock_timestamp()))
_FIELDS = ("client", "idempotency_key", "body_sha256", "as_of", "audit_ids", "answer", "created_at")


@contextmanager
def online_transaction(engine: Engine, *, timeout_seconds: float) -> Iterator[Connection]:
    """A transaction of which no statement, and no wait for a lock, takes longer than `timeout_seconds`.

    Raises:
        DatabaseAwayError: where the database cannot be reached, stops meanwhile, or takes too long.
    """
    with answering_transaction(engine) as connection:
        _LIMIT.row(connection, milliseconds=milliseconds(timeout_seconds))
        yield connection


@contextmanager
def answering_transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction without a limit of its own, for a first statement that sets one.

    Raises:
        DatabaseAwayError: where the database cannot be reached, stops meanwhile, or takes too long.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        raise _away(error) from error
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise _away(error) from error


def current_moment(connection: Connection) -> tuple[str, datetime]:
    """What is visible now, as PostgreSQL's text `xmin:xmax:running`, and the database's time just after that.

    It is the clock that stamps the facts: nothing that the snapshot sees was ingested later.
    """
    row = _MOMENT.row(connection)
    assert row is not None  # noqa: S101 - it reads no table
    return str(row[0]), row[1]


def ensure_partitions(connection: Connection, first_day: date, *, days: int) -> None:
    """Make the daily partitions of [first_day, first_day + days), UTC, that do not exist."""
    connection.execute(select(func.blink.ensure_partitions(first_day, days)))


def recorded_answers(connection: Connection, *, client: str, keys: Sequence[str]) -> dict[str, RecordedAnswer]:
    """The first answers to keys, of those that have one.

    Until the caller's transaction ends, nobody else gets past this call with one of the keys: of two requests that
    come at once the second waits, and then finds the first one's answer. The keys are locked in order, so that two
    callers cannot wait for each other in a circle.
    """
    ordered = func.unnest(literal(sorted(set(keys)), ARRAY(Text))).column_valued("key")
    locked = func.concat(f"score_requests\n{client}\n", ordered)
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(locked, 0))))
    requests = SCORE_REQUESTS.c
    wanted = requests.idempotency_key == func.any(literal(list(keys), ARRAY(Text)))
    found = select(requests.idempotency_key, requests.body_sha256, requests.answer)
    rows = connection.execute(found.where(requests.client == client, wanted))
    return {row.idempotency_key: RecordedAnswer(bytes(row.body_sha256), row.answer) for row in rows}


def record_answers(connection: Connection, *, client: str, answers: Sequence[FirstAnswer]) -> None:
    """Remember the answers to keys, in the transaction of their audits."""
    rows = [
        line_of(
            *(text_field(client), text_field(first.key), bytes_field(first.body_sha256), first.as_of.isoformat()),
            "{" + ",".join(map(str, first.audit_ids)) + "}",
            text_field(first.answer),
            first.at.isoformat(),
        )
        for first in answers
    ]
    copy_rows(connection, SCORE_REQUESTS, _FIELDS, rows)


def keep_first_answers(connection: Connection, *, client: str, answers: Sequence[FirstAnswer]) -> None:
    """As `record_answers`, of answers given while the database was away: a key that it knows keeps what it has."""
    if answers:
        rows = [
            {
                "client": client,
                "idempotency_key": first.key,
                "body_sha256": first.body_sha256,
                "as_of": first.as_of,
                "audit_ids": list(first.audit_ids),
                "answer": first.answer,
                "created_at": first.at,
            }
            for first in answers
        ]
        # One statement: of many parameter sets the driver makes statements of its own, which nobody watches.
        connection.execute(upsert(SCORE_REQUESTS).values(rows).on_conflict_do_nothing())


def _away(error: SQLAlchemyError) -> DatabaseAwayError:
    cause = getattr(_first(error), "orig", None) or error
    reason = str(cause).strip().split("\n", 1)[0]
    if isinstance(cause, ServerSilentError):
        return DatabaseAwayError("the database does not answer", reason=reason, late=True, silent=True)
    if getattr(cause, "pgcode", None) in _TOOK_TOO_LONG:
        return DatabaseAwayError(f"the database takes too long: {reason}", reason=reason, late=True)
    return DatabaseAwayError("the database cannot be reached", reason=reason)


def _first(error: BaseException) -> BaseException:
    """What went wrong first: the rollback of a lost connection fails too."""
    first, link = error, error.__context__
    while link is not None:
        first, link = (link if isinstance(link, DBAPIError) else first), link.__context__
    return first
