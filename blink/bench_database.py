"""The database of a benchmark: new, empty, and like that of `blink up`."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Engine

from benchmarks.machine import pinned
from blink.database import database_url
from blink.settings import Settings
from credit.database.connection import connect
from credit.database.migrate import upgrade

SETTINGS = ("DATABASE_URL", "MODEL_DIR", "MODEL_STORE", "BLINK_HOME", "BLINK_PORTFOLIOS")
"""Of this process, and not for the servers that it starts."""


@contextmanager
def new_database(home: Path, core: int) -> Iterator[tuple[str, Engine]]:
    """Address and engine (as owner) of a migrated database on an embedded PostgreSQL that has one core."""
    settings = Settings(home=home, database_url=None, model_dir=home / "models", promote_to_prod=True)
    with ExitStack() as stack:
        with pinned(core):  # what the server starts stays there
            url = stack.enter_context(database_url(settings))
        engine = connect(url)
        stack.callback(engine.dispose)
        upgrade(engine)
        yield url, engine
