"""Online scoring's side of the database: its transactions, and the answers given under an idempotency key."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from credit.database.errors import DatabaseError
from credit.database.schema import SCORE_REQUESTS

ANONYMOUS = "anonymous"
"""The client of requests while the server knows no clients by name."""


class DatabaseAwayError(DatabaseError):
    """The database does not answer, or not in time; a later try may succeed."""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """What a key was answered with the first time."""

    body_sha256: bytes
    """Of the request."""
    answer: str
    """The answer's text as it was sent."""


@contextmanager
def online_transaction(engine: Engine, *, timeout_seconds: float) -> Iterator[Connection]:
    """A transaction of which no statement, and no wait for a lock, takes longer than `timeout_seconds`.

    Raises:
        DatabaseAwayError: where the database cannot be reached, stops meanwhile, or takes too long.
    """
    try:
        with engine.begin() as connection:
            limit = str(max(1, round(timeout_seconds * 1000)))
            connection.execute(select(func.set_config("statement_timeout", limit, True)))
            yield connection
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        raise DatabaseAwayError(f"the database does not answer: {_first_line(error)}") from error
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise DatabaseAwayError(f"the database went away: {_first_line(error)}") from error


def current_moment(connection: Connection) -> tuple[str, datetime]:
    """What is visible now, as PostgreSQL's text `xmin:xmax:running`, and the database's time just after that.

    It is the clock that stamps the facts: nothing that the snapshot sees was ingested later.
    """
    now = select(func.pg_current_snapshot(), func.clock_timestamp())
    snapshot, at = connection.execute(now).one()
    return str(snapshot), at


def ensure_partitions(connection: Connection, first_day: date, *, days: int) -> None:
    """Make the daily partitions of [first_day, first_day + days), UTC, that do not exist."""
    connection.execute(select(func.blink.ensure_partitions(first_day, days)))


def recorded_answer(connection: Connection, *, client: str, key: str) -> RecordedAnswer | None:
    """The first answer to `key`; None where there is none.

    Until the caller's transaction ends, nobody else gets past this call with the same key: of two requests that
    come at once the second waits, and then finds the first one's answer.
    """
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"score_requests\n{client}\n{key}", 0))))
    requests = SCORE_REQUESTS.c
    found = select(requests.body_sha256, requests.answer).where(
        requests.client == client, requests.idempotency_key == key
    )
    row = connection.execute(found).one_or_none()
    return None if row is None else RecordedAnswer(bytes(row.body_sha256), row.answer)


def record_answer(
    connection: Connection,
    *,
    client: str,
    key: str,
    body_sha256: bytes,
    as_of: datetime,
    audit_ids: Sequence[UUID],
    answer: str,
    at: datetime,
) -> None:
    """Remember the answer to `key`, in the transaction of its audits.

    It is stored as one JSON string: jsonb would reorder an object's keys, and a repeated key gets the same bytes.
    """
    row = {
        "client": client,
        "idempotency_key": key,
        "body_sha256": body_sha256,
        "as_of": as_of,
        "audit_ids": list(audit_ids),
        "answer": answer,
        "created_at": at,
    }
    connection.execute(insert(SCORE_REQUESTS), row)


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().split("\n", 1)[0]
