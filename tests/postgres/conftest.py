"""Real PostgreSQL servers for tests: the wheel's, and Debian's where it is installed.

A test that asks for `database` runs on each server, in a database of its own that is already migrated.
"""

import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from blink.embedded import EmbeddedServer
from credit.database.connection import Role, connect
from tests.postgres.servers import SERVERS, Kept, Servers, autocommit, creating

# What these try is processes and HTTP, on the newest server; the SQL below them is tried on both by all the others.
ON_ONE_SERVER = ("control/", "serving/", "training/test_training.py", "training/test_killed_training.py", "killed_s")


def pytest_collection_modifyitems(config, items):
    """Run tests of processes on the wheel's server alone: twice they would take as long as all others together."""
    folder = Path(__file__).parent
    left_out = [
        item
        for item in items
        if folder in item.path.parents
        and "debian15" in item.name
        and any(part in str(item.path.relative_to(folder)) for part in ON_ONE_SERVER)
    ]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@dataclass(frozen=True)
class Database:
    """One test's own database."""

    url: str
    engines: list[Engine]

    @property
    def name(self) -> str:
        return self.url.split("/")[3].split("?")[0]

    def engine(self, role: Role | None = None) -> Engine:
        engine = connect(self.url, role=role)
        self.engines.append(engine)
        return engine

    def disconnect(self) -> None:
        """Close what is open; who asks an engine again is connected again."""
        for engine in self.engines:
            engine.dispose()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with ExitStack() as running:
        yield Servers(running)


@pytest.fixture(scope="session", params=SERVERS)
def kept(request: pytest.FixtureRequest, servers: Servers) -> Kept:
    return servers[request.param]


@pytest.fixture(scope="session")
def server(kept: Kept) -> EmbeddedServer:
    return kept.server


@pytest.fixture
def new_database(server: EmbeddedServer) -> Iterator[Callable[[str], Database]]:
    """Makes databases from a template: `template0` is empty, `template_blink` migrated."""
    made: list[Database] = []
    admin = connect(server.url())
    yield partial(_create, server, admin, made)
    for database in made:
        database.disconnect()
        with autocommit(admin) as connection:
            connection.execute(text(f"DROP DATABASE {database.name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def database(new_database: Callable[[str], Database]) -> Database:
    """A migrated database of the test's own; `.engine(role)` connects to it."""
    return new_database("template_blink")


@pytest.fixture
def copy_over(server: EmbeddedServer, database: Database) -> Callable[[str], None]:
    """Makes the test's own database anew as a copy of a template."""

    def copy_over(template: str) -> None:
        database.disconnect()
        admin = connect(server.url())
        with autocommit(admin) as connection:
            connection.execute(text(f"DROP DATABASE {database.name} WITH (FORCE)"))
            connection.execute(creating(database.name, template))
        admin.dispose()

    return copy_over


@pytest.fixture(scope="session")
def template_of(kept: Kept) -> Callable[[str, Callable[[str], None]], str]:
    """Templates by name, of what takes long to write; each is made when it is first asked for, given its URL."""
    return kept.template


def _create(server: EmbeddedServer, admin: Engine, made: list[Database], template: str) -> Database:
    name = f"t{uuid4().hex[:12]}"
    with autocommit(admin) as connection:
        connection.execute(creating(name, template))
    made.append(Database(server.url(name), []))
    return made[-1]


@pytest.fixture(scope="session")
def mlflow_database(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Writes what MLflow writes when it first uses a file: its migrations take a second, and more each release."""
    made = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    with warnings.catch_warnings(action="ignore"):  # of its use of SQLAlchemy
        from mlflow import MlflowClient  # noqa: PLC0415 - seconds

        MlflowClient(f"sqlite:///{made}").search_experiments()

    def write(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(made)) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)

    return write
