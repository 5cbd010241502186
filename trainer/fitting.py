"""From labelled rows to a calibrated model and predictions on rows that did not shape it."""

from dataclasses import dataclass, replace

import numpy as np

from credit.bundle.calibration import Calibration
from credit.portfolios import Gate, Portfolio, SplitKind
from trainer.algorithms.lightgbm import NAME, Sample, Settings, Trees, fit_trees, settings_for
from trainer.arrays import Floats, Indices, Outcomes
from trainer.bootstrap import codes_of
from trainer.calibration import MIN_BADS, fit_affine
from trainer.cross_validation import assign_folds, repeated_folds
from trainer.errors import InsufficientRowsError, TrainingError
from trainer.rows import Progress, Rows
from trainer.split import SliceCount, Slices, count_slice, count_slices, split_by_time

CALIBRATION_FOLDS = 5
MIN_STOPPING_BADS = 20
"""Bads in the stopping slice below which stopping early would follow noise: it then joins the training slice."""


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted ensemble with its calibration."""

    trees: Trees
    calibration: Calibration
    cross_fitted: bool
    """Whether the calibration was fitted on out-of-fold margins of the training slice."""

    def log_odds(self, values: Floats) -> Floats:
        """Calibrated log-odds of default `[n]` of feature rows `[n, d]`."""
        return self.calibration.log_odds(self.trees.margins(values))


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


@dataclass(frozen=True, slots=True)
class Fitter:
    """What every fit of one training run has in common."""

    portfolio: Portfolio
    seed: int
    threads: int

    def trees(self, sample: Sample, stopping: Sample | None, settings: Settings) -> Trees:
        """Trees for the portfolio's features."""
        features = self.portfolio.features
        return fit_trees(sample, stopping, features=features, settings=settings, seed=self.seed, threads=self.threads)

    def cross_fitted(self, sample: Sample, users: Indices, settings: Settings, rng: np.random.Generator) -> Calibration:
        """A calibration of margins that each fold's trees gave to the rows they had not seen."""
        folds = assign_folds(sample.y, users, CALIBRATION_FOLDS, rng)
        margins = np.empty(len(sample.y))
        for fold in np.unique(folds):
            seen, unseen = folds != fold, folds == fold
            trees = self.trees(Sample(sample.rows[seen], sample.y[seen]), None, settings)
            margins[unseen] = trees.margins(sample.rows[unseen])
        return fit_affine(margins, sample.y)


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


def fit(rows: Rows, portfolio: Portfolio, *, seed: int, threads: int, progress: Progress) -> Fit:
    """A model fitted to labelled rows in order of time, by the portfolio's way of dividing them.

    Raises:
        InsufficientRowsError: where there are too few rows or bads, over all or in a slice.
        TrainingError: where the portfolio names an algorithm that this release does not have.
    """
    if portfolio.algorithm != NAME:
        raise TrainingError(f"portfolio {portfolio.name}: no algorithm {portfolio.algorithm!r}; there is {NAME}")
    require_enough(rows.y, portfolio.gate)
    fitter = Fitter(portfolio, seed, threads)
    rng = np.random.default_rng(seed)
    if portfolio.split.kind is SplitKind.TEMPORAL:
        return _fit_by_time(rows, fitter, rng)
    return _fit_cross_validated(rows, fitter, rng, progress)


def _fit_by_time(rows: Rows, fitter: Fitter, rng: np.random.Generator) -> Fit:
    slices = _usable(split_by_time(rows.requested_at, rows.known_at, fitter.portfolio.split), rows)
    grown = np.sort(np.concatenate([slices.training, slices.stopping]))
    settings = _settled(rows, slices, fitter)
    trees = fitter.trees(_sample(rows, grown), None, settings)
    if len(slices.calibration):
        calibration = fit_affine(trees.margins(rows.values[slices.calibration]), rows.y[slices.calibration])
    else:
        calibration = fitter.cross_fitted(_sample(rows, grown), codes_of(rows.subject_id[grown]), settings, rng)
    model = Model(trees, calibration, cross_fitted=not len(slices.calibration))
    counts = count_slices(slices, rows.y, rows.requested_at)
    return Fit(model, counts, slices.fitted, slices.test, model.log_odds(rows.values[slices.test]))


def _settled(rows: Rows, slices: Slices, fitter: Fitter) -> Settings:
    """Settings with the number of rounds that the stopping slice asks for.

    The trees are then grown anew from both slices: the stopping slice is the more recent one, and holding it
    back cost 0.002 of test AUC on 20,000 simulated users. More rows bear more trees, in proportion.
    """
    training = _sample(rows, slices.training)
    settings = settings_for(training, stopping=len(slices.stopping) > 0)
    if settings.patience is None:
        return settings
    found = fitter.trees(training, _sample(rows, slices.stopping), settings)
    growth = 1 + len(slices.stopping) / len(slices.training)
    return replace(settings, rounds=round(found.rounds * growth), patience=None)


def _usable(slices: Slices, rows: Rows) -> Slices:
    """The slices, those with too few bads for their purpose joined to the training slice."""
    if rows.y[slices.calibration].sum() < MIN_BADS:
        training = np.concatenate([slices.training, slices.calibration])
        slices = replace(slices, training=training, calibration=slices.calibration[:0])
    if rows.y[slices.stopping].sum() < MIN_STOPPING_BADS:
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
    settings = settings_for(everything, stopping=False)
    folds = repeated_folds(rows.y, users, folds=split.folds, repeats=split.repeats, rng=rng)
    log_odds = np.zeros(len(rows))
    for repeat, assigned in enumerate(folds):
        for fold in np.unique(assigned):
            seen, unseen = np.flatnonzero(assigned != fold), np.flatnonzero(assigned == fold)
            model = _small_model(rows, seen, fitter, rng)
            log_odds[unseen] += model.log_odds(rows.values[unseen]) / len(folds)
        progress("cross-validation", repeat + 1, len(folds))
    trees = fitter.trees(everything, None, settings)
    model = Model(trees, fitter.cross_fitted(everything, users, settings, rng), cross_fitted=True)
    every = np.arange(len(rows))
    counts = (count_slice("cross-validation", every, rows.y, rows.requested_at),)
    return Fit(model, counts, every, every, log_odds)


def _small_model(rows: Rows, seen: Indices, fitter: Fitter, rng: np.random.Generator) -> Model:
    """Fitted and calibrated on the seen rows alone, as the final model is on all."""
    sample = _sample(rows, seen)
    settings = settings_for(sample, stopping=False)
    calibration = fitter.cross_fitted(sample, codes_of(rows.subject_id[seen]), settings, rng)
    return Model(fitter.trees(sample, None, settings), calibration, cross_fitted=True)


def _sample(rows: Rows, chosen: Indices) -> Sample:
    return Sample(rows.values[chosen], rows.y[chosen])
