"""A lock that lives exactly as long as the session that holds it, however the process ends."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine, Function, func, select
from sqlalchemy.exc import SQLAlchemyError

from credit.database.errors import BusyError

# A holder whose machine vanished without a word must not hold the lock for the two hours of TCP's default.
_NOTICE_LOSS = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "client_connection_check_interval": "5s",
}


@contextmanager
def locked_session(engine: Engine, name: str, *, busy: str) -> Iterator[Connection]:
    """A connection of its own that holds the advisory lock `name` until the end of the block.

    Work that must end with the lock is done on this very connection: if the session is lost, so is what it had
    not committed.

    Raises:
        BusyError: with the text of `busy`, where another session holds the lock.
    """
    connection = engine.connect()
    # Closing a detached connection ends its session, and the lock with it.
    connection.detach()
    try:
        for setting, value in _NOTICE_LOSS.items():
            connection.execute(select(func.set_config(setting, value, False)))
        connection.commit()
        if not try_lock(connection, name):
            raise BusyError(busy)
        try:
            yield connection
        finally:
            # A server ends a closed session only when it notices; the next holder need not wait for that.
            release(connection, name)
    finally:
        with suppress(SQLAlchemyError):
            connection.close()


def try_lock(connection: Connection, name: str) -> bool:
    """Take the advisory lock `name` for the session, outside of any transaction; False where another holds it."""
    with connection.begin():
        return bool(connection.scalar(select(func.pg_try_advisory_lock(_key(name)))))


def release(connection: Connection, name: str) -> None:
    """Give the advisory lock `name` back; does nothing where the session was lost, and the lock with it."""
    with suppress(SQLAlchemyError):
        if connection.in_transaction():
            connection.rollback()
        with connection.begin():
            connection.execute(select(func.pg_advisory_unlock(_key(name))))


def _key(name: str) -> Function[int]:
    return func.hashtextextended(name, 0)
