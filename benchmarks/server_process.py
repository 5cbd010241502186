"""A server in processes of its own on one core: started, waited for, halted while others are measured, ended."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil

from benchmarks.errors import BenchmarkError

START_SECONDS = 120
END_SECONDS = 30
POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Start:
    """How a server is started."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    port: int
    ready: str
    """A path that answers 200 once the model can be asked."""
    log: Path
    core: int


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A started server, with all that it started itself."""

    start: Start
    process: psutil.Popen

    def cpu_seconds(self) -> float:
        """CPU time that it has used, with its children."""
        times = [process.cpu_times() for process in self._family()]
        return float(sum(one.user + one.system for one in times))

    def resident_bytes(self) -> int:
        """Memory that it has in RAM, with its children's."""
        return sum(int(process.memory_info().rss) for process in self._family())

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Let it run meanwhile; at all other times it is halted and takes nothing from whoever is measured."""
        os.killpg(self.process.pid, signal.SIGCONT)
        try:
            yield
        finally:
            self.halt()

    def halt(self) -> None:
        """Stop it where it is, and return when it has stopped."""
        os.killpg(self.process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def wait_until_ready(self) -> None:
        """Wait until it answers that it is.

        Raises:
            BenchmarkError: where it ends first or takes longer than `START_SECONDS`, with its last words.
        """
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise BenchmarkError(f"{self.start.name} ended at its start: {last_words(self.start.log)}")
            if _status(self.start.port, self.start.ready) == 200:
                return
            time.sleep(POLL_SECONDS)
        raise BenchmarkError(f"{self.start.name} was not ready after {START_SECONDS} s: {last_words(self.start.log)}")

    def end(self) -> None:
        """End it and all that it started."""
        family = self._family()
        os.killpg(self.process.pid, signal.SIGCONT)
        self.process.terminate()
        _, left = psutil.wait_procs(family, timeout=END_SECONDS)
        for process in left:
            process.kill()

    def _family(self) -> Sequence[psutil.Process]:
        try:
            return [self.process, *self.process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


@contextmanager
def started(start: Start) -> Iterator[ServerProcess]:
    """Start a server on its core, wait until it is ready, and halt it; it is ended afterwards.

    Raises:
        BenchmarkError: where it does not become ready.
    """
    allowed = os.sched_getaffinity(0)
    with start.log.open("wb") as log:
        os.sched_setaffinity(0, {start.core})  # what a process starts has its cores
        try:
            process = psutil.Popen(
                list(start.command),
                env=dict(start.environment),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            os.sched_setaffinity(0, allowed)
    server = ServerProcess(start, process)
    try:
        server.wait_until_ready()
        server.halt()
        yield server
    finally:
        if process.poll() is None:
            server.end()


def last_words(log: Path) -> str:
    """The end of a log, in one line."""
    return " | ".join(log.read_text("utf-8", "replace").strip().splitlines()[-5:])


def _status(port: int, path: str) -> int | None:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
