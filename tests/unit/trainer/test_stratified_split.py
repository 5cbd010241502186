"""Division by lot: that of scikit-learn, the same every time, every row in one slice."""

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from credit.portfolios import Split, SplitKind
from trainer.errors import InsufficientRowsError
from trainer.stratified_split import split_stratified


def outcomes(rows=1000, bads=170):
    y = np.zeros(rows, dtype=np.int8)
    y[np.random.default_rng(1).permutation(rows)[:bads]] = 1
    return y


def split(**fractions):
    return Split(SplitKind.STRATIFIED, **{"calibration_fraction": 0.0, "stopping_fraction": 0.0, **fractions})


def test_the_test_slice_is_that_of_train_test_split_by_the_splits_seed():
    y = outcomes()
    found = split_stratified(y, split(test_fraction=0.2, seed=42))
    train, test = train_test_split(np.arange(1000), test_size=0.2, stratify=y, random_state=42)
    assert (found.training.tolist(), found.test.tolist()) == (sorted(train), sorted(test))
    assert (len(found.stopping), len(found.calibration), len(found.purged)) == (0, 0, 0)
    other = split_stratified(y, split(test_fraction=0.2, seed=7))
    assert found.test.tolist() != other.test.tolist()


def test_every_row_is_in_one_slice_with_the_same_share_of_bads():
    y = outcomes()
    found = split_stratified(y, split(test_fraction=0.15, calibration_fraction=0.15, stopping_fraction=0.1))
    slices = (found.training, found.stopping, found.calibration, found.test)
    assert [len(rows) for rows in slices] == [600, 100, 150, 150]
    assert sorted(np.concatenate(slices).tolist()) == list(range(1000))
    assert all(abs(y[rows].mean() - 0.17) < 0.005 for rows in slices)


def test_a_class_of_one_row_cannot_be_divided():
    with pytest.raises(InsufficientRowsError, match=r"too few rows to hold 0\.2 of them back: 50 rows, 1 bad"):
        split_stratified(outcomes(50, 1), split(test_fraction=0.2))
