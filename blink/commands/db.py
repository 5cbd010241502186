"""`blink db`: the schema and its upkeep."""

from argparse import Namespace
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.engine import make_url

from blink.database import database_url, open_database
from blink.outcome import Outcome
from blink.settings import read_settings
from credit.database.connection import connect
from credit.database.migrate import current, head, upgrade

PARTITION_DAYS_AHEAD = 8


def migrate(arguments: Namespace) -> Outcome:
    """Bring the schema to this release's version."""
    with database_url(read_settings(home=arguments.home)) as url:
        engine = connect(url)
        with engine.connect() as connection:
            before = current(connection)
        upgrade(engine)
        engine.dispose()
    version = before if before is not None and before >= head() else head()
    return Outcome(_migrated(before, version), {"before": before, "version": version})


def _migrated(before: str | None, version: str) -> str:
    if version != head():
        return f"schema at version {version}, newer than this release's {head()}, which it still serves"
    how = "already at" if before == version else f"migrated from {before or 'empty'} to"
    return f"schema {how} version {version}"


def status(arguments: Namespace) -> Outcome:
    """Say where the database is and at which version."""
    settings = read_settings(home=arguments.home)
    with database_url(settings) as url:
        engine = connect(url)
        with engine.connect() as connection:
            version = current(connection)
            server = connection.execute(text("SHOW server_version")).scalar_one()
        engine.dispose()
    place = f"embedded in {settings.home}" if settings.database_url is None else _without_password(url)
    lines = [f"database    {place}", f"PostgreSQL  {server}", f"schema      {version or 'empty'} (needs {head()})"]
    facts = {"database": place, "server_version": server, "version": version, "needed": head()}
    return Outcome("\n".join(lines), facts)


def maintain(arguments: Namespace) -> Outcome:
    """Make the partitions of today and the week ahead."""
    today = datetime.now(UTC).date()
    with open_database(read_settings(home=arguments.home), "blink_scorer") as engine, engine.begin() as connection:
        connection.execute(
            text("SELECT blink.ensure_partitions(:first_day, :days)"),
            {"first_day": today, "days": PARTITION_DAYS_AHEAD},
        )
    return Outcome(
        f"partitions exist for {PARTITION_DAYS_AHEAD} days from {today}",
        {"first_day": today.isoformat(), "days": PARTITION_DAYS_AHEAD},
    )


def _without_password(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)
