"""The database of this process: the server at DATABASE_URL, or the embedded one under BLINK_HOME."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

from blink.embedded import EmbeddedServer, wheel_binaries
from blink.settings import Settings
from credit.database.connection import Role, connect
from credit.database.migrate import require_head, upgrade

DATABASE = "blink"

SERVER_SETTINGS = (
    # Sized for one machine that also trains and serves: an eighth of 2 GiB, and checkpoints that a load of millions
    # of rows does not force again and again.
    "shared_buffers=256MB",
    "max_wal_size=4GB",
    "work_mem=32MB",
    "maintenance_work_mem=256MB",
    # Nothing follows this server: it need not write its log for others.
    "wal_level=minimal",
    "max_wal_senders=0",
)


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """The address of the database, the embedded server running meanwhile where there is no other."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = EmbeddedServer(settings.home, wheel_binaries(), SERVER_SETTINGS)
    with server.running() as admin_url:
        _create_database(admin_url)
        yield server.url(DATABASE)


@contextmanager
def open_database(settings: Settings, role: Role, *, silent_seconds: float | None = None) -> Iterator[Engine]:
    """An engine whose sessions act as `role`, on a schema that is this release's; `silent_seconds` as of `connect`.

    The embedded database is ours alone, so it is migrated on the way; a server's schema is migrated by hand.

    Raises:
        SchemaOutdatedError: where a server's schema is not this release's.
    """
    with database_url(settings) as url:
        if settings.database_url is None:
            _with(connect(url), upgrade)
        engine = connect(url, role=role, silent_seconds=silent_seconds)
        try:
            with engine.connect() as connection:
                require_head(connection)
            yield engine
        finally:
            engine.dispose()


def _with(engine: Engine, act) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    try:
        act(engine)
    finally:
        engine.dispose()


def _create_database(admin_url: str) -> None:
    engine = connect(admin_url)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            known = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": DATABASE})
            if known.first() is None:
                connection.execute(text(f"CREATE DATABASE {DATABASE}"))
    finally:
        engine.dispose()
