"""What is tracked of a training, and what a tracking service is asked to do."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from trainer.comparison.candidate import Trial


@dataclass(frozen=True, slots=True)
class TrackingPlace:
    """Where runs are tracked."""

    uri: str
    """MLflow's tracking URI: of a server, or `sqlite:///` and the path of a file."""
    artifacts: Path | None = None
    """Folder of what is kept beside a local store; None: the server says."""
    asked_for: bool = True
    """Whether somebody said so, or compares: a place that cannot be used is then an error before anything is trained;
    where nobody did, that is told and the training goes on."""


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
