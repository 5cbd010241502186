"""What a training tells whoever keeps track of experiments; once it has begun, that cannot make it fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from trainer.errors import TrackingError
from trainer.rows import Progress
from trainer.tracking.facts import RunFacts, Runs, TrackingPlace


@dataclass(slots=True)
class Tracker:
    """Runs, where there are any; what fails is told once, and nothing is tracked from then on."""

    runs: Runs | None
    progress: Progress

    @property
    def active(self) -> bool:
        """Whether anything is tracked."""
        return self.runs is not None

    def tell(self, what: str, *given: Any, **named: Any) -> None:
        """Call one of the methods of `Runs`."""
        if self.runs is None:
            return
        try:
            with self.runs.errors():
                getattr(self.runs, what)(*given, **named)
        except TrackingError as error:
            self._give_up(str(error))
        except Exception as error:  # noqa: BLE001 - whatever MLflow stumbles over, the training is not to fail of it
            self._give_up(f"{type(error).__name__}: {error}")

    def _give_up(self, why: str) -> None:
        self.runs = None
        self.progress(f"not tracked any further: {why}", 1, 1)


@contextmanager
def tracked_run(place: TrackingPlace | None, facts: RunFacts, progress: Progress) -> Iterator[Tracker]:
    """A tracker of one run, which ends with the block. Where MLflow is not installed it says so and tracks nothing.

    Raises:
        TrackingError: where the place that was asked for cannot be used; nothing has been trained yet.
    """
    tracker = Tracker(_runs(place, progress), progress)
    if place is not None and not place.asked_for:
        tracker.tell("begin", facts)
    elif tracker.runs is not None:
        with tracker.runs.errors():
            tracker.runs.begin(facts)
    try:
        yield tracker
    except BaseException as error:
        tracker.tell("end", error=f"{type(error).__name__}: {error}")
        raise
    tracker.tell("end", error=None)


def _runs(place: TrackingPlace | None, progress: Progress) -> Runs | None:
    if place is None:
        return None
    try:
        from trainer.tracking.mlflow_runs import MlflowRuns  # noqa: PLC0415 - seconds, and not in the images
    except ModuleNotFoundError as error:
        progress(f"not tracked: {error.name} is not installed; install blinkscoring[track]", 1, 1)
        return None
    return MlflowRuns(place)
