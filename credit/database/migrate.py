"""Migrations: from an empty database to this release's schema, and back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.exc import ProgrammingError

from credit.database.errors import DatabaseError, ReleaseOutdatedError, SchemaOutdatedError
from credit.database.schema import ROLES, SCHEMA, SCHEMA_SUPPORT, STUDIES_SCHEMA

_FOLDER = Path(__file__).parent / "migrations"

# Two releases that start at once must not migrate at once.
_LOCK = text("SELECT pg_advisory_lock(hashtextextended('blink.migrate', 0))")
_UNLOCK = text("SELECT pg_advisory_unlock(hashtextextended('blink.migrate', 0))")

_NO_LONG_WAIT = text("SET LOCAL lock_timeout = '5s'")
"""An ALTER that waits behind a long reader lets nobody else past it: audits would queue."""

_MAKE_ROLE = """
DO $$ BEGIN
    CREATE ROLE {role} NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""


def head() -> str:
    """The schema version that this release needs."""
    version = ScriptDirectory(str(_FOLDER)).get_current_head()
    if version is None:
        raise DatabaseError("this installation holds no migrations: install blinkscoring again")
    return version


def current(connection: Connection) -> str | None:
    """The schema version of the database; None where it is empty."""
    context = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
    return context.get_current_revision()


def require_head(connection: Connection) -> None:
    """Check that this release can work on the schema: it is this release's, or a newer one that still serves it.

    Versions are numbers of four digits in the order of their migrations. A newer schema says in `schema_support`
    which release is the oldest that it serves (docs/decisions/0005).

    Raises:
        SchemaOutdatedError: where the schema is older, with the two versions and what to do.
        ReleaseOutdatedError: where it is newer and has taken away what this release needs.
    """
    found, needed = current(connection), head()
    if found == needed:
        return
    if found is None or found < needed:
        raise SchemaOutdatedError(
            f"the database is at schema version {found or 'none'}, this release needs {needed}: run `blink db migrate`"
        )
    oldest = connection.scalar(select(SCHEMA_SUPPORT.c.oldest))
    if oldest is None or oldest > needed:
        raise ReleaseOutdatedError(
            f"the database is at schema version {found}, which serves releases made for {oldest or found} or later; "
            f"this one was made for {needed}: use a newer release of blinkscoring"
        )


def require_studies(connection: Connection) -> None:
    """Check that there is a schema for the trials of tuning, which releases before comparisons did not make.

    Raises:
        SchemaOutdatedError: where there is none.
    """
    if not inspect(connection).has_schema(STUDIES_SCHEMA):
        raise SchemaOutdatedError(
            f"the database has no schema {STUDIES_SCHEMA} for the trials of a comparison: run `blink db migrate`"
        )


def upgrade(engine: Engine, target: str = "head") -> None:
    """Bring the schema to `target`; does nothing where it is there already, or at a newer one that serves this release.

    Raises:
        DatabaseError: where the user may not create the roles or the schema.
        ReleaseOutdatedError: where the schema is newer and does not serve this release.
        OperationalError: where others hold a table for longer than five seconds; nothing was changed.
    """
    if target == "head" and _is_at_head_or_newer(engine) and _has_studies(engine):
        return
    with _locked(engine) as connection:
        try:
            _lay_foundation(connection)
        except ProgrammingError as error:
            raise DatabaseError(
                f"cannot prepare schema {SCHEMA}: {error.orig}. Migrate as a user that may create roles "
                "and schemas in this database (docs/database.md)"
            ) from error
        command.upgrade(_config(connection), target)


def downgrade(engine: Engine, target: str = "base") -> None:
    """Take the schema back to `target`, dropping what later versions hold."""
    with _locked(engine) as connection:
        command.downgrade(_config(connection), target)


def _is_at_head_or_newer(engine: Engine) -> bool:
    with engine.connect() as connection:
        try:
            require_head(connection)
        except SchemaOutdatedError:
            return False
    return True


def _has_studies(engine: Engine) -> bool:
    with engine.connect() as connection:
        return inspect(connection).has_schema(STUDIES_SCHEMA)


@contextmanager
def _locked(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as guard:
        guard.execute(_LOCK)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            guard.execute(_UNLOCK)


def _config(connection: Connection) -> Config:
    connection.execute(text("SET LOCAL ROLE blink_owner"))
    connection.execute(_NO_LONG_WAIT)
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _lay_foundation(connection: Connection) -> None:
    for role in ROLES:
        connection.execute(text(_MAKE_ROLE.format(role=role)))
    connection.execute(text("GRANT blink_owner TO CURRENT_USER"))
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA} AUTHORIZATION blink_owner"))
    # Optuna's tables, made and migrated by itself: in the database, outside of our migrations.
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {STUDIES_SCHEMA} AUTHORIZATION blink_owner"))
    connection.execute(text(f"GRANT USAGE, CREATE ON SCHEMA {STUDIES_SCHEMA} TO blink_trainer"))
