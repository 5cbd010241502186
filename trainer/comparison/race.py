"""Candidates run side by side: each algorithm's trials one after another, as many folds at once as there are jobs."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from time import monotonic

from trainer.comparison.candidate import FoldFigures, Trial
from trainer.comparison.studies import OpenTrial, Study
from trainer.errors import TrainingError

Fit = Callable[[Trial, int], FoldFigures]
"""Figures of a trial's settings on the fold of that position; called from several threads at once."""


@dataclass(slots=True, eq=False)
class Lane:
    """One algorithm's trials, up to a number of them."""

    study: Study
    trials: int
    """With the one of its own settings."""
    fit: Fit
    folds: int
    dropped: str | None = None
    """Why it is not compared; None where it is."""
    _open: OpenTrial | None = None
    _seconds: float = 0.0
    _spent: list[float] = field(default_factory=list)

    def left(self) -> float:
        """Seconds that it may still take, as far as can be told; a lane that has not begun comes first."""
        done = len(self.study.ended())
        fold = sum(self._spent) / len(self._spent) if self._spent else float("inf")
        return 0.0 if self.is_over(done) else (self.trials - done) * self.folds * fold

    def is_over(self, ended: int | None = None) -> bool:
        """Whether it has no trial left."""
        return self.dropped is not None or (len(self.study.ended()) if ended is None else ended) >= self.trials

    def next_fold(self) -> Callable[[], tuple[FoldFigures, float]]:
        """The work on the next fold of the trial that is open, or of a new one."""
        if self._open is None:
            self._open, self._seconds = self.study.begin(), 0.0
        trial, position = self._open.so_far, len(self._open.so_far.folds)
        return lambda: _timed(self.fit, trial, position)

    def take(self, figures: FoldFigures, seconds: float) -> Trial | None:
        """Take a fold's figures in; the trial where it has ended."""
        assert self._open is not None  # noqa: S101 - figures come of a fold that was begun
        self._spent.append(seconds)
        self._seconds += seconds
        pruned = self._open.add(figures)
        last = len(self._open.so_far.folds) == self.folds
        if not (pruned or last):
            return None
        ended, self._open = self._open.end(pruned=pruned and not last, seconds=self._seconds), None
        return ended

    def drop(self, because: str) -> None:
        """Compare it no further."""
        if self._open is not None:
            self._open.give_up()
            self._open = None
        self.dropped = because


def race(lanes: Sequence[Lane], *, jobs: int) -> Iterator[Trial]:
    """Trials as they end, until no lane has one left; whoever has most left to do goes first.

    What a lane gives does not depend on the other lanes, nor on which is quicker. An algorithm that cannot take the
    rows is dropped with its reason.
    """
    at_work: dict[Future[tuple[FoldFigures, float]], Lane] = {}
    with ThreadPoolExecutor(jobs, thread_name_prefix="fold") as pool:
        while True:
            busy = list(at_work.values())
            waiting = [lane for lane in lanes if lane not in busy and not lane.is_over()]
            for lane in sorted(waiting, key=Lane.left, reverse=True)[: jobs - len(at_work)]:
                at_work[pool.submit(lane.next_fold())] = lane
            if not at_work:
                return
            done, _ = wait(at_work, return_when=FIRST_COMPLETED)
            for future in done:
                if (ended := _taken(at_work.pop(future), future)) is not None:
                    yield ended


def _taken(lane: Lane, future: Future[tuple[FoldFigures, float]]) -> Trial | None:
    try:
        return lane.take(*future.result())
    except TrainingError as error:
        lane.drop(str(error))
        return None


def _timed(fit: Fit, trial: Trial, position: int) -> tuple[FoldFigures, float]:
    began = monotonic()
    figures = fit(trial, position)
    return figures, monotonic() - began
