"""Faults that a server itself counted or logged."""

import re
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.errors import BenchmarkError

_FAULTS = r"5\d\d|none|INTERNAL|UNKNOWN|UNAVAILABLE|CANCELLED"
"""Statuses of HTTP and codes of gRPC."""
_COUNTED = re.compile(rf'^blink_requests_total\{{.*status="({_FAULTS})".*\}} ([\d.e+]+)$', re.MULTILINE)
_IDLE = re.compile(r"^blink_requests_in_flight 1\.0$", re.MULTILINE)
"""The one is who asks."""
_IDLE_PAGES = 3
"""In a row: between two requests of one connection there is none for a moment."""
_LOGGED = re.compile(r"request \S+: .* failed|^Traceback|a group of \d+ requests failed", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ServerFaults:
    """What it said at the end."""

    alive: bool
    """Whether it is still the process that was started."""
    counted: int
    """Requests with a status of 5xx or none, or a code of gRPC that is one, in its metrics."""
    logged: int
    """Faults in its log."""

    def since(self, before: "ServerFaults") -> "ServerFaults":
        """Those that came after `before`: until it has a model a server answers 503."""
        return ServerFaults(self.alive, self.counted - before.counted, self.logged - before.logged)


def server_faults(port: int, log: Path, *, alive: bool) -> ServerFaults:
    """Read the metrics and the log of a server on this machine."""
    counted = counted_faults(_metrics(port)) if alive else 0
    return ServerFaults(alive, counted, logged_faults(log.read_text("utf-8", "replace")))


def until_idle(port: int, *, seconds: float = 30.0) -> None:
    """Wait until a server on this machine has nothing else to answer.

    Raises:
        BenchmarkError: where it still has after so long.
    """
    end = time.monotonic() + seconds
    idle = 0
    while idle < _IDLE_PAGES:
        idle = idle + 1 if _IDLE.search(_metrics(port)) else 0
        if time.monotonic() > end:
            raise BenchmarkError(f"the server has requests in flight {seconds:g} s after the last was sent")


def counted_faults(page: str) -> int:
    """Requests that got a 5xx or its like in gRPC, or nothing, by a page of metrics."""
    return sum(int(float(count)) for _, count in _COUNTED.findall(page))


def logged_faults(log: str) -> int:
    """Lines of a log that tell of a fault."""
    return len(_LOGGED.findall(log))


def _metrics(port: int) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()
