"""Division of rows by time: what fits a model lies before what judges it, and was known before it."""

from dataclasses import dataclass

import numpy as np

from credit.bundle.evaluation import SliceCount
from credit.portfolios import Split
from trainer.arrays import Indices, Outcomes, Times


@dataclass(frozen=True, slots=True)
class Slices:
    """Positions of the rows in each slice, in order of time; a row is in exactly one.

    `purged` rows lie before the test slice and belong to none that fits: their label was not yet known
    `embargo_days` before the test slice starts.
    """

    training: Indices
    stopping: Indices
    calibration: Indices
    test: Indices
    purged: Indices
    test_from: np.datetime64
    """Time of the first test row; NaT where rows were divided by lot."""
    known_before: np.datetime64
    """Labels that fit the model were known before this time: `test_from` minus the embargo; NaT likewise."""

    @property
    def fitted(self) -> Indices:
        """Rows that shaped the model in any way."""
        return np.concatenate([self.training, self.stopping, self.calibration])


def split_by_time(requested_at: Times, known_at: Times, split: Split) -> Slices:
    """Training, early stopping, calibration and test slices of labelled rows, in order of `requested_at`.

    The test slice is the last `test_fraction` of the rows. Of the rows before it, those whose label was known
    `embargo_days` before it starts are divided in the proportions of the other fractions; the rest is purged.
    Boundaries are times, so that rows of the same time are never divided.
    """
    order = np.argsort(requested_at, kind="stable")
    test_from = _boundary(requested_at[order], split.test_fraction)
    known_before = test_from - np.timedelta64(split.embargo_days, "D")
    early = order[requested_at[order] < test_from]
    usable = (requested_at[early] < known_before) & (known_at[early] < known_before)
    fitted = early[usable]
    training, stopping, calibration = _before_test(fitted, requested_at[fitted], split)
    return Slices(
        training=training,
        stopping=stopping,
        calibration=calibration,
        test=order[requested_at[order] >= test_from],
        purged=early[~usable],
        test_from=test_from,
        known_before=known_before,
    )


def _before_test(fitted: Indices, at: Times, split: Split) -> tuple[Indices, Indices, Indices]:
    share = 1.0 - split.test_fraction
    calibration_from = _boundary(at, split.calibration_fraction / share)
    stopping_from = _boundary(at, (split.calibration_fraction + split.stopping_fraction) / share)
    return (
        fitted[at < stopping_from],
        fitted[(at >= stopping_from) & (at < calibration_from)],
        fitted[at >= calibration_from],
    )


def _boundary(sorted_times: Times, last_fraction: float) -> np.datetime64:
    """The time from which on lies the last fraction of the times, with all ties of the first of them."""
    rows = len(sorted_times)
    position = rows - round(rows * last_fraction)
    if position >= rows:
        return np.datetime64("9999-01-01", "us")
    return np.datetime64(sorted_times[position], "us")


def count_slice(name: str, rows: Indices, y: Outcomes, requested_at: Times) -> SliceCount:
    """Rows and bads of a slice, for the report."""
    if not len(rows):
        return SliceCount(name, 0, 0, None, None)
    days = np.datetime_as_string(np.sort(requested_at[rows])[[0, -1]], unit="D")
    return SliceCount(name, len(rows), int(y[rows].sum()), str(days[0]), str(days[1]))


def count_slices(slices: Slices, y: Outcomes, requested_at: Times) -> tuple[SliceCount, ...]:
    """Rows and bads of every slice, the purged included."""
    named = {
        "training": slices.training,
        "stopping": slices.stopping,
        "calibration": slices.calibration,
        "purged": slices.purged,
        "test": slices.test,
    }
    return tuple(count_slice(name, rows, y, requested_at) for name, rows in named.items())
