"""Connections: one engine for a process, acting as the role that its work needs."""

import time
from collections.abc import Sequence
from typing import Any, Literal, cast

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError

from credit.database.driver_connection import DriverConnection, DriverCursor, ServerSilentError, Watch
from credit.database.errors import DatabaseError

Role = Literal["blink_owner", "blink_loader", "blink_scorer", "blink_trainer", "blink_reader"]

CONNECT_SECONDS = 10
"""Longest wait for a server that does not even refuse; the system's own is minutes."""

# A peer that has vanished is noticed in a minute, not in the two hours of TCP's default: by us, of a connection that
# is not in use, and by the server, whose session may hold locks.
_KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}

_FRESH_SECONDS = 1.0
"""A connection that was given back no longer ago is taken again without asking whether it still is one."""


def connect(
    url: str,
    *,
    role: Role | None = None,
    pool_size: int = 5,
    schema: str | None = None,
    silent_seconds: float | None = None,
) -> Engine:
    """An engine on the PostgreSQL at `url` whose sessions act as `role`, in UTC.

    Names without a schema are those of `schema`, where it is given: for libraries that make tables of their own.

    Where `silent_seconds` is given, no call waits longer for a server that says nothing: it fails with a
    ServerSilentError. It should be more than the limits of statements, which the server itself keeps while it runs.

    A login that is no member of `role` keeps its own rights: on a cluster each workload logs in as a user that
    was granted only its role.

    Raises:
        DatabaseError: where `url` is not the address of a PostgreSQL.
    """
    arguments = {
        "options": _options(schema),
        "connect_timeout": CONNECT_SECONDS,
        "connection_factory": DriverConnection,
        "cursor_factory": DriverCursor,
        **_KEEPALIVES,
    }
    # Statements' parameters are people's data, which errors and so logs must not show.
    engine = create_engine(_postgresql(url), pool_size=pool_size, hide_parameters=True, connect_args=arguments)
    if silent_seconds is not None:
        event.listen(engine, "do_connect", _watched_by(Watch(silent_seconds)))
    event.listen(engine, "checkin", _given_back)
    event.listen(engine, "checkout", _asked_unless_fresh(engine))
    if role is not None:
        event.listen(engine, "connect", _become(role))
    return engine


def _options(schema: str | None) -> str:
    settings = {"timezone": "UTC", **{f"tcp_{name}": value for name, value in _KEEPALIVES.items()}}
    # Otherwise psycopg2 may have to set it, by a statement that nobody watches.
    settings["datestyle"] = "ISO"
    if schema is not None:
        settings["search_path"] = schema
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


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
        except ServerSilentError:  # asking it for another connection would take as long again
            raise
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error  # the pool connects anew, also for the others

    return ask


def _watched_by(watch: Watch):  # type: ignore[no-untyped-def]  # noqa: ANN202 - an event handler
    def connected(dialect, _record, arguments: Sequence[Any], named: dict[str, Any]) -> DriverConnection:  # type: ignore[no-untyped-def]  # noqa: ANN001
        return watch.connected(lambda: cast("DriverConnection", dialect.connect(*arguments, **named)))

    return connected


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
