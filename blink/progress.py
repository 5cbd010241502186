"""Progress of long work on standard error: a bar on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

Report = Callable[[str, int, int | None], None]
"""Called with what is being done, how much is done, and of how much (None where unknown)."""

PLAIN_SECONDS = 5.0
"""Least time between two plain lines about the same work."""


@contextmanager
def progress(stream: TextIO | None = None, clock: Callable[[], float] = monotonic) -> Iterator[Report]:
    """A callback that shows progress on `stream` (None: standard error) until the end of the block."""
    stream = sys.stderr if stream is None else stream
    if not stream.isatty():
        yield _Lines(stream, clock).report
        return
    columns = (TextColumn("{task.description:32}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=stream)) as bars:
        yield _Bars(bars).report


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def report(self, what: str, done: int, total: int | None) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total)
        self._bars.update(self._tasks[what], completed=done, total=total)


class _Lines:
    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._last: dict[str, float] = {}

    def report(self, what: str, done: int, total: int | None) -> None:
        now = self._clock()
        finished = done == total
        if not finished and now - self._last.get(what, float("-inf")) < PLAIN_SECONDS:
            return
        self._last[what] = now
        self._stream.write(f"{what}{_amount(done, total)}\n")
        self._stream.flush()


def _amount(done: int, total: int | None) -> str:
    """How much is done; nothing of what is done at one go."""
    if total == 1:
        return ""
    return f": {done:,}" + ("" if total is None else f" of {total:,}")
