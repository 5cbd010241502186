"""How much memory processes hold, with all that they started, while they work."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Self

_PAGE = os.sysconf("SC_PAGE_SIZE")
_EVERY_SECONDS = 0.1


class MemoryMeter:
    """Adds up the resident memory of processes and of all below them, ten times a second.

    Pages that several of them share are counted in each: the sum is never less than what they hold together. The
    processes are asked for anew each time, as a server may be started meanwhile.
    """

    def __init__(self, roots: Callable[[], Sequence[int]]) -> None:
        self._roots = roots
        self._samples: list[tuple[float, int]] = []
        self._ended = Event()
        self._thread = Thread(target=self._measure, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    def peak(self, begun: float = 0.0, ended: float = float("inf")) -> int:
        """The largest sum between two times of the monotonic clock, in bytes; 0 where none was taken."""
        return max((size for at, size in self._samples if begun <= at < ended), default=0)

    def _measure(self) -> None:
        while not self._ended.wait(_EVERY_SECONDS):
            self._samples.append((time.monotonic(), sum(map(resident, with_children(self._roots())))))


def with_children(roots: Iterable[int]) -> set[int]:
    """The processes of these numbers, and all that they and theirs have started."""
    parents = {pid: parent for entry in Path("/proc").iterdir() if (pid := _number(entry)) and (parent := _parent(pid))}
    found, left = set[int](), set(roots)
    while left:
        found |= left
        left = {pid for pid, parent in parents.items() if parent in left} - found
    return found


def resident(pid: int) -> int:
    """Resident memory of a process in bytes; 0 where it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _parent(pid: int) -> int:
    try:
        # The name before it may hold anything, a closing bracket too.
        return int(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def _number(entry: Path) -> int:
    return int(entry.name) if entry.name.isdigit() else 0
