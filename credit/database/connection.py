"""Connections: one engine for a process, acting as the role that its work needs."""

import time
from typing import Literal

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError

from credit.database.errors import DatabaseError

Role = Literal["blink_owner", "blink_loader", "blink_scorer", "blink_trainer", "blink_reader"]

CONNECT_SECONDS = 10
"""Longest wait for a server that does not even refuse; the system's own is minutes."""

_FRESH_SECONDS = 1.0
"""A connection that was given back no longer ago is taken again without asking whether it still is one."""


def connect(url: str, *, role: Role | None = None, pool_size: int = 5) -> Engine:
    """An engine on the PostgreSQL at `url` whose sessions act as `role`, in UTC.

    A login that is no member of `role` keeps its own rights: on a cluster each workload logs in as a user that
    was granted only its role.

    Raises:
        DatabaseError: where `url` is not the address of a PostgreSQL.
    """
    arguments = {"options": "-c timezone=UTC", "connect_timeout": CONNECT_SECONDS}
    # Statements' parameters are people's data, which errors and so logs must not show.
    engine = create_engine(_postgresql(url), pool_size=pool_size, hide_parameters=True, connect_args=arguments)
    event.listen(engine, "checkin", _given_back)
    event.listen(engine, "checkout", _asked_unless_fresh(engine))
    if role is not None:
        event.listen(engine, "connect", _become(role))
    return engine


def _postgresql(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseError("DATABASE_URL is not an address such as postgresql://user@host/database") from error
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise DatabaseError(f"DATABASE_URL must be a postgresql:// address, not {parsed.get_backend_name()}://")
    return parsed.set(drivername="postgresql+psycopg2")


def _given_back(_connection, record) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - an event handler
    record.info["given_back"] = time.monotonic()


def _asked_unless_fresh(engine: Engine):  # type: ignore[no-untyped-def]  # noqa: ANN202 - an event handler
    # SQLAlchemy's own pre-ping asks each time: under load one of a transaction's ten round trips.
    def ask(connection, record, _proxy) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        given_back = record.info.get("given_back")
        if given_back is None or time.monotonic() - given_back < _FRESH_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error  # the pool connects anew, also for the others

    return ask


def _become(role: Role):  # type: ignore[no-untyped-def]  # noqa: ANN202 - an event handler of SQLAlchemy's
    def become(connection, _record) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('role', %s, false) FROM pg_roles"
                " WHERE rolname = %s AND pg_has_role(session_user, oid, 'MEMBER')",
                (role, role),
            )
        connection.commit()

    return become
