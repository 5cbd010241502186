"""Division of rows by lot, each part with the same share of bads (scikit-learn's `train_test_split`)."""

import numpy as np
from sklearn.model_selection import train_test_split

from credit.portfolios import Split
from trainer.arrays import Indices, Outcomes
from trainer.errors import InsufficientRowsError
from trainer.split import Slices


def split_stratified(y: Outcomes, split: Split) -> Slices:
    """Training, early stopping, calibration and test slices of labelled rows, by the split's own seed.

    The test slice is `train_test_split(rows, test_size=test_fraction, stratify=y, random_state=seed)`'s; calibration
    and stopping slices are taken from the rest in the same way, in this order, each where its fraction is above 0.

    Raises:
        InsufficientRowsError: where a class has too few rows to be in every part.
    """
    rest, test = _held_back(np.arange(len(y)), split.test_fraction, y, split)
    rest, calibration = _held_back(rest, round(len(y) * split.calibration_fraction), y, split)
    training, stopping = _held_back(rest, round(len(y) * split.stopping_fraction), y, split)
    never = np.datetime64("NaT", "us")
    return Slices(training, stopping, calibration, test, rest[:0], test_from=never, known_before=never)


def _held_back(rows: Indices, size: float, y: Outcomes, split: Split) -> tuple[Indices, Indices]:
    """Rows that go on and rows that are held back, a share of them or a whole number, each in rising order."""
    if size <= 0:
        return rows, rows[:0]
    try:
        kept, held = train_test_split(rows, test_size=size, stratify=y[rows], random_state=split.seed)
    except ValueError as error:
        counts = f"{len(rows)} rows, {int(y[rows].sum())} bad"
        raise InsufficientRowsError(f"too few rows to hold {size:g} of them back: {counts}") from error
    return np.sort(kept), np.sort(held)
