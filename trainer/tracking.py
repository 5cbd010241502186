"""What a training tells whoever keeps track of experiments; once it has begun, that cannot make it fail."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from trainer.comparison.candidate import Trial
from trainer.errors import TrackingError
from trainer.rows import Progress


@dataclass(frozen=True, slots=True)
class TrackingPlace:
    """Where runs are tracked."""

    uri: str
    """MLflow's tracking URI: of a server, or `sqlite:///` and the path of a file."""
    artifacts: Path | None = None
    """Folder of what is kept beside a local store; None: the server says."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run as it begins."""

    experiment: str
    """The portfolio."""
    name: str
    facts: Mapping[str, str]
    """What it was given: seed, hashes of the input, sizes."""


@dataclass(frozen=True, slots=True, eq=False)
class TrackedModel:
    """A model that was registered here."""

    model_id: str
    bundle: Path
    report: Mapping[str, Any]
    """The training's report as JSON."""
    figures: Mapping[str, bytes] = field(default_factory=dict)
    """Pictures by file name, PNG."""
    card: str | None = None
    """The model card, HTML; None where it cannot be drawn here."""


class Runs(Protocol):
    """One run of a tracking service, with the runs within it."""

    def errors(self) -> AbstractContextManager[None]:
        """Inside, whatever goes wrong with the service is a TrackingError; the other methods are called there."""

    def begin(self, facts: RunFacts) -> None:
        """Begin the run; earlier ones of the same facts that were killed are closed."""

    def trial(self, trial: Trial) -> None:
        """Add a run within it."""

    def selection(self, selection: Mapping[str, Any]) -> None:
        """Add the choice among the trials."""

    def model(self, model: TrackedModel) -> None:
        """Add the model with its bundle, and register it as the one to be tried against the deployed one."""

    def end(self, *, error: str | None) -> None:
        """End the run."""


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
        TrackingError: where the place cannot be used; nothing has been trained yet.
    """
    tracker = Tracker(_runs(place, progress), progress)
    if tracker.runs is not None:
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
        from trainer.mlflow_runs import MlflowRuns  # noqa: PLC0415 - seconds, and not in the images
    except ModuleNotFoundError as error:
        progress(f"not tracked: {error.name} is not installed; install blinkscoring[track]", 1, 1)
        return None
    return MlflowRuns(place)
