"""A comparison from end to end: folds, studies, a race, a choice."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib import metadata
from typing import Any

import numpy as np

from credit.groups import Protected
from credit.portfolios import Portfolio, SplitKind
from trainer.algorithm import Algorithm, Range, algorithm_named, algorithm_names
from trainer.arrays import Indices
from trainer.bootstrap import codes_of
from trainer.comparison.budget import shares
from trainer.comparison.candidate import FoldFigures, Trial, judge_fold
from trainer.comparison.folds import FOLDS, Fold, folds_by_lot, folds_by_time, has_times
from trainer.comparison.race import Lane, race
from trainer.comparison.selection import RULE, Choice, choose, equals
from trainer.comparison.studies import Studies, storage_errors
from trainer.errors import TrainingError
from trainer.fairness.acceptance import added_up
from trainer.fairness.alternatives import EqualCandidate
from trainer.fitting import Fitter, divided, require_enough
from trainer.rows import Progress, Rows

Listener = Callable[[Trial], None]
"""Called with each trial that has ended, those of an earlier run first."""


@dataclass(frozen=True, slots=True)
class ComparisonOrder:
    """How algorithms are to be compared."""

    studies: Studies
    """Where trials are remembered."""
    trials: int = 0
    """Of tuning, shared over the algorithms; beside them each one's own settings are compared."""
    jobs: int = 1
    """Folds fitted at once, each by one thread."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared and what was chosen."""

    key: str
    """sha256 in hex of the rows with their groups, the portfolio's features and split, and the seed: the same is not
    done twice."""
    rows_sha256: str
    """Of features, labels and times of all labelled rows."""
    rows: int
    """That were compared on: those that may shape a model, none of the test slice."""
    by_time: bool
    """Whether folds lie one after another in time; by lot otherwise."""
    folds: int
    seed: int
    shares: Mapping[str, int]
    """Trials of tuning of each algorithm."""
    dropped: Mapping[str, str]
    """Algorithms that were not compared, with the reason."""
    trials: tuple[Trial, ...]
    """In order of algorithm and number."""
    choice: Choice
    equals: tuple[EqualCandidate, ...]
    """Everybody as good as the best, with what they do to groups of protected columns; empty where there are none."""

    @property
    def chosen(self) -> Trial:
        """What is to be trained."""
        return self.choice.chosen


def compare(
    rows: Rows,
    portfolio: Portfolio,
    order: ComparisonOrder,
    *,
    dated: bool,
    seed: int,
    progress: Progress,
    listener: Listener = lambda _: None,
) -> Comparison:
    """Compare all algorithms on the labelled rows that may shape a model; the test rows are not looked at.

    Raises:
        TrainingError: where the portfolio holds no rows back, or no algorithm takes the rows.
        InsufficientRowsError: where there are too few rows, over all or in a fold.
    """
    _require_held_back(portfolio)
    require_enough(rows.y, portfolio.gate)
    chosen = np.sort(divided(rows, portfolio.split).fitted)
    by_time = dated and has_times(rows, chosen)
    folds = _folds(rows, chosen, portfolio, by_time=by_time, seed=seed)
    rows_sha256 = rows.sha256(dated=dated)
    key = _key(rows, rows_sha256, portfolio, seed, by_time=by_time)
    with storage_errors():
        lanes = _lanes(rows, portfolio, order, folds, key=key, seed=seed)
        trials = _run(lanes, order.jobs, progress, listener)
    if not trials:
        raise TrainingError("; ".join(f"{lane.study.algorithm}: {lane.dropped}" for lane in lanes))
    choice = choose(trials)
    return Comparison(
        key=key,
        rows_sha256=rows_sha256,
        rows=len(chosen),
        by_time=by_time,
        folds=len(folds),
        seed=seed,
        shares={lane.study.algorithm: lane.trials - 1 for lane in lanes},
        dropped={lane.study.algorithm: lane.dropped for lane in lanes if lane.dropped is not None},
        trials=trials,
        choice=choice,
        equals=_equals(trials, choice),
    )


def _equals(trials: Sequence[Trial], choice: Choice) -> tuple[EqualCandidate, ...]:
    found = [(trial, added_up([fold.groups for fold in trial.folds])) for trial in equals(trials, choice.best)]
    return tuple(
        EqualCandidate(trial.name, trial == choice.chosen, trial.mean_auc, groups) for trial, groups in found if groups
    )


def _require_held_back(portfolio: Portfolio) -> None:
    if portfolio.split.kind is SplitKind.CROSS_VALIDATION:
        raise TrainingError(
            f"portfolio {portfolio.name}: its split holds no rows back that could judge what --compare chooses; "
            "give it a temporal or a stratified split"
        )


def _lanes(
    rows: Rows, portfolio: Portfolio, order: ComparisonOrder, folds: tuple[Fold, ...], *, key: str, seed: int
) -> list[Lane]:
    """One for each algorithm, with its share of the trials."""
    algorithms = [algorithm_named(name) for name in algorithm_names()]
    spaces = {one.NAME: _space(one, portfolio.with_algorithm(one.NAME)) for one in algorithms}
    shared = shares(order.trials, {name: len(space) for name, space in spaces.items()})
    lanes = []
    for one in algorithms:
        study = order.studies.study(f"{portfolio.name} {key[:24]} {one.NAME}", one.NAME, spaces[one.NAME], seed=seed)
        judged = partial(_judged, rows, folds, Fitter(portfolio.with_algorithm(one.NAME), one, seed, threads=1))
        lanes.append(Lane(study, 1 + shared[one.NAME], judged, len(folds)))
    return lanes


def _space(algorithm: Algorithm, portfolio: Portfolio) -> tuple[Range, ...]:
    """What is tuned: none of what the portfolio fixes."""
    fixed = {setting.name for setting in portfolio.settings}
    return tuple(one for one in algorithm.SPACE if one.name not in fixed)


def _run(lanes: list[Lane], jobs: int, progress: Progress, listener: Listener) -> tuple[Trial, ...]:
    whole = sum(lane.trials for lane in lanes)
    remembered = [trial for lane in lanes for trial in lane.study.ended()[: lane.trials]]
    if remembered:
        progress(_resumed(len(remembered), whole), 1, 1)
    for trial in remembered:
        listener(trial)
    for done, trial in enumerate(race(lanes, jobs=jobs), start=len(remembered) + 1):
        listener(trial)
        progress("trials compared", done, whole)
    ended = {lane.study.algorithm: lane.study.ended()[: lane.trials] for lane in lanes if lane.dropped is None}
    return tuple(trial for of_one in ended.values() for trial in of_one)


def _resumed(remembered: int, whole: int) -> str:
    if remembered == whole:
        return f"compared before: all {whole:,} trials are remembered, none is fitted again"
    return f"the comparison goes on: {remembered:,} of {whole:,} trials are remembered, {whole - remembered:,} follow"


def _folds(rows: Rows, chosen: Indices, portfolio: Portfolio, *, by_time: bool, seed: int) -> tuple[Fold, ...]:
    if by_time:
        return folds_by_time(rows, chosen, portfolio.split)
    return folds_by_lot(rows, chosen, portfolio.split, seed=seed)


def _judged(rows: Rows, folds: tuple[Fold, ...], fitter: Fitter, trial: Trial, position: int) -> FoldFigures:
    return judge_fold(rows, folds[position], fitter.with_parameters(trial.parameters))


def _key(rows: Rows, rows_sha256: str, portfolio: Portfolio, seed: int, *, by_time: bool) -> str:
    libraries = {name: metadata.version(name) for name in ("lightgbm", "xgboost-cpu", "catboost", "scikit-learn")}
    stated = {
        "rows": rows_sha256,
        "subjects": hashlib.sha256(codes_of(rows.subject_id).data).hexdigest(),
        "features": [asdict(feature) for feature in portfolio.features],
        "split": asdict(portfolio.split),
        "fixed": [portfolio.algorithm, *(asdict(setting) for setting in portfolio.settings)],
        "seed": seed,
        "folds": FOLDS,
        "by_time": by_time,
        "protected": _protected_sha256(rows.protected),
        "libraries": libraries,
        "trials_keep": "settings",  # those of an earlier release do not
    }
    return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()


def _protected_sha256(protected: Protected) -> str:
    digest = hashlib.sha256()
    for one in protected.columns:
        digest.update(json.dumps([one.column, *one.names]).encode())
        digest.update(np.ascontiguousarray(one.codes).data)
    return digest.hexdigest()


def selection_of(found: Comparison) -> dict[str, Any]:
    """The choice as JSON: what a model's metrics keep of it."""
    return {
        "algorithm": found.chosen.algorithm,
        "parameters": dict(found.chosen.parameters),
        "rule": RULE,
        "key": found.key,
        "rows_sha256": found.rows_sha256,
        "rows": found.rows,
        "folds": found.folds,
        "folds_by": "time" if found.by_time else "lot",
        "seed": found.seed,
        "best": found.choice.best.name,
        "standings": [
            {
                "candidate": one.trial.name,
                "algorithm": one.trial.algorithm,
                "parameters": dict(one.trial.parameters),
                "mean_auc": one.trial.mean_auc,
                "fold_aucs": list(one.trial.aucs),
                "shortfall": one.shortfall,
                "standard_error": one.standard_error,
                "as_good": one.as_good,
            }
            for one in found.choice.standings
        ],
        "tuning_trials": dict(found.shares),
        "pruned_trials": sum(trial.pruned for trial in found.trials),
        "not_compared": dict(found.dropped),
    }
