"""How LightGBM reads a row before its trees see it, so that another engine sees the same numbers."""

from collections.abc import Sequence

import numpy as np

from forest.engine import Floats

ZERO_THRESHOLD = float(np.float32(1e-35))
"""Magnitude up to which LightGBM reads a number as 0 (`kZeroThreshold`, a float32, in its `meta.h`)."""


def as_lightgbm_reads(rows: Floats, categorical: Sequence[int]) -> Floats:
    """A copy of the rows with what LightGBM does to each number, float64 [n, d].

    Dense rows are turned into (feature, value) pairs of which those within `ZERO_THRESHOLD` are dropped, so
    they are 0 to the trees; a category is truncated towards 0 (-0.5 is category 0). Both matter: LightGBM
    places thresholds at exactly -`ZERO_THRESHOLD`, and an untreated value there goes the other way.

    Args:
        rows: float64 [n, d].
        categorical: columns that hold categories.
    """
    read = np.where(np.abs(rows) <= ZERO_THRESHOLD, 0.0, rows)
    for column in categorical:
        read[:, column] = np.trunc(read[:, column])
    return read
