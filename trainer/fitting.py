"""From labelled rows to a calibrated model and predictions on rows that did not shape it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np

from credit.bundle.calibration import Calibration
from credit.bundle.evaluation import SliceCount
from credit.portfolios import Gate, Portfolio, Split, SplitKind
from trainer.algorithm import Algorithm, Boosting, Estimator, Sample, algorithm_named, tuned
from trainer.arrays import Floats, Indices, Outcomes
from trainer.bootstrap import codes_of
from trainer.calibration import IDENTITY, MIN_BADS, fit_calibration
from trainer.cross_validation import assign_folds, repeated_folds
from trainer.effective_settings import effective_settings
from trainer.errors import InsufficientRowsError, TrainingError
from trainer.fixed_settings import with_fixed
from trainer.rows import Progress, Rows
from trainer.split import Slices, count_slice, count_slices, split_by_time
from trainer.stratified_split import split_stratified

CALIBRATION_FOLDS = 5
MIN_STOPPING_BADS = 20
"""Bads in the stopping slice below which stopping early would follow noise: it then joins the training slice."""


class Calibrated(StrEnum):
    """What a calibration was fitted on."""

    SLICE = "calibration slice"
    OUT_OF_FOLD = "out-of-fold margins of the training slice"
    NOTHING = "nothing"
    """The margins are calibrated as they are."""


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted estimator with its calibration."""

    estimator: Estimator
    calibration: Calibration
    calibrated_on: Calibrated

    def log_odds(self, values: Floats) -> Floats:
        """Calibrated log-odds of default `[n]` of feature rows `[n, d]`."""
        return self.calibration.log_odds(self.estimator.margins(values))


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A model, and predictions that it is judged by."""

    model: Model
    slices: tuple[SliceCount, ...]
    fitted: Indices
    """Rows that shaped the model."""
    judged: Indices
    """Rows that it is judged by: the test slice, or all rows where predictions are out of fold."""
    log_odds: Floats
    """Calibrated predictions of the judged rows, in their order."""
    settings: Mapping[str, str]
    """What the model was fitted with, its library's own parameters among them."""


@dataclass(frozen=True, slots=True)
class Fitter:
    """What every fit of one training run has in common."""

    portfolio: Portfolio
    algorithm: Algorithm
    seed: int
    threads: int
    parameters: Mapping[str, float] = field(default_factory=dict)
    """Tuned settings, in place of those that suit the size of a sample."""

    def with_parameters(self, parameters: Mapping[str, float]) -> "Fitter":
        """The same with other tuned settings."""
        return replace(self, parameters=parameters)

    def settings_for(self, sample: Sample, *, stopping: bool) -> Any:
        """The algorithm's settings that suit the sample, tuned where they are, with those that the portfolio fixes.

        Raises:
            TrainingError: where the algorithm does not take one of these.
        """
        chosen = tuned(self.algorithm, self.algorithm.settings_for(sample, stopping=stopping), self.parameters)
        place = f"portfolio {self.portfolio.name} [settings]"
        return with_fixed(chosen, self.portfolio.settings, algorithm=self.algorithm.NAME, place=place)

    def estimator(self, sample: Sample, stopping: Sample | None, settings: Any) -> Estimator:
        """An estimator for the portfolio's features; settings are of the algorithm's own type."""
        features, seed, threads = self.portfolio.features, self.seed, self.threads
        return self.algorithm.fit(sample, stopping, features=features, settings=settings, seed=seed, threads=threads)

    def calibrated(self, estimator: Estimator, held_back: Sample) -> Model:
        """The estimator with a calibration fitted on rows that it has not seen."""
        margins = estimator.margins(held_back.rows)
        calibration = fit_calibration(margins, held_back.y, self.algorithm.TRAITS.scale)
        return Model(estimator, calibration, Calibrated.SLICE)

    def cross_fitted(
        self, sample: Sample, users: Indices, settings: Any, rng: np.random.Generator
    ) -> tuple[Calibration, Calibrated]:
        """A calibration of margins that each fold's estimator gave to the rows it had not seen."""
        if self.algorithm.TRAITS.calibrated:
            return IDENTITY, Calibrated.NOTHING
        folds = assign_folds(sample.y, users, CALIBRATION_FOLDS, rng)
        margins = np.empty(len(sample.y))
        for fold in np.unique(folds):
            seen, unseen = folds != fold, folds == fold
            estimator = self.estimator(Sample(sample.rows[seen], sample.y[seen]), None, settings)
            margins[unseen] = estimator.margins(sample.rows[unseen])
        return fit_calibration(margins, sample.y, self.algorithm.TRAITS.scale), Calibrated.OUT_OF_FOLD


def require_enough(y: Outcomes, gate: Gate) -> None:
    """Refuse what no model can be fitted to and judged by.

    Raises:
        InsufficientRowsError: with the counts.
    """
    rows, bads = len(y), int(y.sum())
    counts = f"{rows} labelled rows with history, {bads} bad and {rows - bads} good"
    if rows and bads in {0, rows}:
        raise InsufficientRowsError(f"only one class: {counts}; wait until outcomes of both kinds have matured")
    if rows < gate.min_rows or min(bads, rows - bads) < gate.min_bads:
        raise InsufficientRowsError(
            f"too few rows: {counts}; needed are {gate.min_rows} rows, {gate.min_bads} of each class"
        )


def fit(
    rows: Rows,
    portfolio: Portfolio,
    *,
    seed: int,
    threads: int,
    progress: Progress,
    parameters: Mapping[str, float] | None = None,
) -> Fit:
    """A model fitted to labelled rows in order of time, by the portfolio's way of dividing them.

    `parameters` are tuned settings of the portfolio's algorithm; the others suit the size of the sample.

    Raises:
        InsufficientRowsError: where there are too few rows or bads, over all or in a slice.
        TrainingError: where the portfolio names an algorithm that is not there, or that does not take its features.
    """
    try:
        algorithm = algorithm_named(portfolio.algorithm)
    except TrainingError as error:
        raise TrainingError(f"portfolio {portfolio.name}: {error}") from error
    require_enough(rows.y, portfolio.gate)
    fitter = Fitter(portfolio, algorithm, seed, threads, parameters or {})
    rng = np.random.default_rng(seed)
    if portfolio.split.kind is SplitKind.CROSS_VALIDATION:
        progress(f"fit {portfolio.algorithm} on {_counted(rows, np.arange(len(rows)))}, in folds and on all", 1, 1)
        return _fit_cross_validated(rows, fitter, rng, progress)
    slices = _usable(divided(rows, portfolio.split), rows, algorithm)
    progress(_announced(portfolio.algorithm, rows, slices), 1, 1)
    return _fit_held_back(slices, rows, fitter, rng)


def divided(rows: Rows, split: Split) -> Slices:
    """Labelled rows in order of time, divided as the portfolio says, by time or by lot.

    Raises:
        InsufficientRowsError: where a class has too few rows to be in every part.
    """
    if split.kind is SplitKind.STRATIFIED:
        return split_stratified(rows.y, split)
    return split_by_time(rows.requested_at, rows.known_at, split)


def _announced(algorithm: str, rows: Rows, slices: Slices) -> str:
    """What is about to be fitted to which rows, and which others calibrate and judge it."""
    grown = np.concatenate([slices.training, slices.stopping])
    calibrated = f"{len(slices.calibration):,} calibrate it, " if len(slices.calibration) else ""
    return f"fit {algorithm} on {_counted(rows, grown)}; {calibrated}{len(slices.test):,} judge it"


def _counted(rows: Rows, chosen: Indices) -> str:
    return f"{len(chosen):,} of {len(rows):,} rows, {int(rows.y[chosen].sum()):,} bad"


def _fit_held_back(slices: Slices, rows: Rows, fitter: Fitter, rng: np.random.Generator) -> Fit:
    grown = np.sort(np.concatenate([slices.training, slices.stopping]))
    settings = _settled(rows, slices, fitter)
    estimator = fitter.estimator(_sample(rows, grown), None, settings)
    if len(slices.calibration):
        model = fitter.calibrated(estimator, _sample(rows, slices.calibration))
    else:
        users = codes_of(rows.subject_id[grown])
        model = Model(estimator, *fitter.cross_fitted(_sample(rows, grown), users, settings, rng))
    counts = count_slices(slices, rows.y, rows.requested_at)
    log_odds = model.log_odds(rows.values[slices.test])
    return Fit(model, counts, slices.fitted, slices.test, log_odds, effective_settings(settings, estimator))


def _settled(rows: Rows, slices: Slices, fitter: Fitter) -> Any:
    """The algorithm's settings, with the number of rounds that the stopping slice asks for.

    The trees are then grown anew from both slices: the stopping slice is the more recent one, and holding it
    back cost 0.002 of test AUC on 20,000 simulated users. More rows bear more trees, in proportion.
    """
    training = _sample(rows, slices.training)
    settings = fitter.settings_for(training, stopping=len(slices.stopping) > 0)
    if not isinstance(settings, Boosting) or settings.patience is None:
        return settings
    found = fitter.estimator(training, _sample(rows, slices.stopping), settings)
    growth = 1 + len(slices.stopping) / len(slices.training)
    return replace(settings, rounds=round((found.rounds or 1) * growth), patience=None)


def _usable(slices: Slices, rows: Rows, algorithm: Algorithm) -> Slices:
    """The slices, those with no purpose or too few bads for it joined to the training slice."""
    if algorithm.TRAITS.calibrated or rows.y[slices.calibration].sum() < MIN_BADS:
        training = np.concatenate([slices.training, slices.calibration])
        slices = replace(slices, training=training, calibration=slices.calibration[:0])
    if not algorithm.TRAITS.stops_early or rows.y[slices.stopping].sum() < MIN_STOPPING_BADS:
        training = np.concatenate([slices.training, slices.stopping])
        slices = replace(slices, training=training, stopping=slices.stopping[:0])
    slices = replace(slices, training=np.sort(slices.training))
    for name, chosen in (("training", slices.training), ("test", slices.test)):
        bads = int(rows.y[chosen].sum())
        if not 0 < bads < len(chosen):
            counts = "; ".join(
                f"{one.name} {one.rows} rows, {one.bads} bad" for one in count_slices(slices, rows.y, rows.requested_at)
            )
            raise InsufficientRowsError(f"the {name} slice needs rows of both classes: {counts}")
    return slices


def _fit_cross_validated(rows: Rows, fitter: Fitter, rng: np.random.Generator, progress: Progress) -> Fit:
    split, users = fitter.portfolio.split, codes_of(rows.subject_id)
    everything = _sample(rows, np.arange(len(rows)))
    settings = fitter.settings_for(everything, stopping=False)
    folds = repeated_folds(rows.y, users, folds=split.folds, repeats=split.repeats, rng=rng)
    log_odds = np.zeros(len(rows))
    for repeat, assigned in enumerate(folds):
        for fold in np.unique(assigned):
            seen, unseen = np.flatnonzero(assigned != fold), np.flatnonzero(assigned == fold)
            model = _small_model(rows, seen, fitter, rng)
            log_odds[unseen] += model.log_odds(rows.values[unseen]) / len(folds)
        progress("cross-validation", repeat + 1, len(folds))
    estimator = fitter.estimator(everything, None, settings)
    model = Model(estimator, *fitter.cross_fitted(everything, users, settings, rng))
    every = np.arange(len(rows))
    counts = (count_slice("cross-validation", every, rows.y, rows.requested_at),)
    return Fit(model, counts, every, every, log_odds, effective_settings(settings, estimator))


def _small_model(rows: Rows, seen: Indices, fitter: Fitter, rng: np.random.Generator) -> Model:
    """Fitted and calibrated on the seen rows alone, as the final model is on all."""
    sample = _sample(rows, seen)
    settings = fitter.settings_for(sample, stopping=False)
    calibration, on = fitter.cross_fitted(sample, codes_of(rows.subject_id[seen]), settings, rng)
    return Model(fitter.estimator(sample, None, settings), calibration, on)


def _sample(rows: Rows, chosen: Indices) -> Sample:
    return Sample(rows.values[chosen], rows.y[chosen])
