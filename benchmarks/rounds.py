"""Interleaved rounds: every contestant is measured in each round, so that all meet the same machine."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

Work = Callable[[], None]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds of each round of one contestant, in the order of the rounds."""

    cpu: list[float] = field(default_factory=list)
    """CPU time of all threads of the process: what the work costs, whoever else uses the machine."""
    wall: list[float] = field(default_factory=list)
    """Time on the wall, with what others took away."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Where time is read, in seconds."""

    cpu: Clock = time.process_time
    wall: Clock = time.perf_counter


def interleaved(works: Mapping[str, Work], *, rounds: int, clocks: Clocks | None = None) -> Mapping[str, Durations]:
    """Measure each work once a round, after one round that is not counted.

    The order turns by one place a round, so that nobody always runs in the caches that the same other left.
    """
    clocks = clocks or Clocks()
    durations = {name: Durations() for name in works}
    with _no_collection():
        for work in works.values():
            work()
        for order in orders(list(works), rounds):
            for name in order:
                _measure(works[name], durations[name], clocks)
    return durations


def orders(names: Sequence[str], rounds: int) -> Iterator[Sequence[str]]:
    """The order of the names in each round: turned by one place from round to round."""
    for number in range(rounds):
        turn = number % max(1, len(names))
        yield [*names[turn:], *names[:turn]]


def _measure(work: Work, durations: Durations, clocks: Clocks) -> None:
    cpu, wall = clocks.cpu(), clocks.wall()
    work()
    durations.wall.append(clocks.wall() - wall)
    durations.cpu.append(clocks.cpu() - cpu)


@contextmanager
def _no_collection() -> Iterator[None]:
    # A collection that one contestant's garbage sets off would be another one's time.
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
