"""Optuna: what is tried next, what is given up, and the store that remembers both (Akiba et al., KDD 2019).

A study is one algorithm on one set of rows. Its trials follow one another, and each is drawn by a seed of its own, so
that the same seed gives the same trials, whether or not a run was killed between them.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, InMemoryStorage, RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import Engine

from trainer.algorithm import Range
from trainer.comparison.candidate import FoldFigures, Trial, figures_of
from trainer.effective_settings import over_folds
from trainer.errors import StudyStoreError, TrainingError

optuna.logging.set_verbosity(optuna.logging.WARNING)

STARTING = 4
"""Trials drawn evenly, before the tree-structured Parzen estimator (Bergstra et al. 2011) has enough to learn from."""
UNPRUNED = 3
"""Trials that run on every fold before any is given up for being below the median of the others."""


@dataclass(frozen=True, slots=True)
class Studies:
    """A store of studies."""

    storage: BaseStorage

    def study(self, name: str, algorithm: str, space: Sequence[Range], *, seed: int) -> "Study":
        """The study of that name, begun or gone on with; trials that a killed process left unfinished are given up."""
        found = optuna.create_study(
            storage=self.storage,
            study_name=name,
            direction="maximize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED, n_warmup_steps=1),
            load_if_exists=True,
        )
        for left in found.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            found.tell(left.number, state=TrialState.FAIL)
        return Study(found, algorithm, tuple(space), seed)


def stored_studies(engine: Engine) -> Studies:
    """Studies in the schema that the engine's sessions look in first; Optuna makes its tables there.

    Raises:
        TrainingError: where its tables are those of another version of Optuna.
    """
    try:
        return Studies(RDBStorage("postgresql+psycopg2://", engine_kwargs={"pool": engine.pool}))
    except RuntimeError as error:
        raise TrainingError(f"the trials of earlier comparisons cannot be read: {error}") from error


@contextmanager
def storage_errors() -> Iterator[None]:
    """Inside, a store that does not answer is a StudyStoreError."""
    try:
        yield
    except StorageInternalError as error:
        raise StudyStoreError(f"the trials of the comparison could not be kept: {error}; try again") from error


def passing_studies() -> Studies:
    """Studies that nobody remembers."""
    return Studies(InMemoryStorage())


@dataclass(frozen=True, slots=True)
class Study:
    """Trials of one algorithm. The caller lets none begin before the last one has ended."""

    study: optuna.Study
    algorithm: str
    space: tuple[Range, ...]
    seed: int

    def ended(self) -> tuple[Trial, ...]:
        """Trials that came to an end, pruned ones included, in their order."""
        found = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        return tuple(_trial(self.algorithm, number, trial) for number, trial in enumerate(found))

    def begin(self) -> "OpenTrial":
        """The next trial: the first is of the algorithm's own settings, the others are drawn from the space."""
        number = len(self.ended())
        drawn = zlib.crc32(f"{self.seed} {self.algorithm} {number}".encode())
        self.study.sampler = optuna.samplers.TPESampler(seed=drawn, n_startup_trials=STARTING, multivariate=False)
        trial = self.study.ask()
        parameters = {one.name: _suggested(trial, one) for one in self.space} if number else {}
        return OpenTrial(self.study, trial, Trial(self.algorithm, number, parameters, ()))


@dataclass(slots=True)
class OpenTrial:
    """A trial that runs on one fold after another."""

    study: optuna.Study
    trial: optuna.Trial
    so_far: Trial

    def add(self, figures: FoldFigures) -> bool:
        """Add a fold's figures; whether the trial is to be given up: its mean so far is below the others' median."""
        self.so_far = replace(self.so_far, folds=(*self.so_far.folds, figures))
        self.trial.report(self.so_far.mean_auc, step=len(self.so_far.folds) - 1)
        return self.so_far.number > 0 and self.trial.should_prune()

    def end(self, *, pruned: bool, seconds: float) -> Trial:
        """Keep the trial."""
        settings = over_folds([fold.settings for fold in self.so_far.folds])
        ended = replace(self.so_far, pruned=pruned, seconds=seconds, settings=settings)
        self.trial.set_user_attr("folds", [_stored(fold) for fold in ended.folds])
        self.trial.set_user_attr("settings", settings)
        self.trial.set_user_attr("seconds", seconds)
        if pruned:
            self.study.tell(self.trial, state=TrialState.PRUNED)
        else:
            self.study.tell(self.trial, ended.mean_auc)
        return ended

    def give_up(self) -> None:
        """End the trial without a result."""
        self.study.tell(self.trial, state=TrialState.FAIL)


def _suggested(trial: optuna.Trial, one: Range) -> float:
    if one.whole:
        return int(trial.suggest_int(one.name, int(one.low), int(one.high), log=one.log))
    return float(trial.suggest_float(one.name, one.low, one.high, log=one.log))


def _stored(fold: FoldFigures) -> dict[str, Any]:
    """A fold's figures as JSON; its settings are kept once for all folds."""
    return {name: value for name, value in asdict(fold).items() if name != "settings"}


def _trial(algorithm: str, number: int, stored: FrozenTrial) -> Trial:
    folds = cast("list[Mapping[str, Any]]", stored.user_attrs["folds"])
    return Trial(
        algorithm=algorithm,
        number=number,
        parameters=dict(stored.params),
        folds=tuple(figures_of(fold) for fold in folds),
        pruned=stored.state is TrialState.PRUNED,
        seconds=float(stored.user_attrs["seconds"]),
        settings=cast("Mapping[str, str]", stored.user_attrs["settings"]),
    )
