"""What the model made of the rows that its bundle keeps: exact contributions, on the scale that customers are told."""

from dataclasses import dataclass

import numpy as np

from credit.bundle.calibration import Scale
from credit.bundle.reader import Bundle
from credit.bundle.reference import feature_rows, spaced
from credit.portfolios import Feature
from trainer.arrays import Floats
from trainer.importance import observed_direction

LARGEST = 2000
"""Rows that are drawn at most, evenly spaced in time; more would hide each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """n rows with their contributions; features are in the order of the model's columns."""

    features: tuple[Feature, ...]
    values: Floats
    """`[n, d]`; a category's code, NaN where missing."""
    contributions: Floats
    """`[n, d]`, towards default."""
    scale: Scale

    @property
    def shares(self) -> Floats:
        """Each feature's part of the sum of all mean |contribution|, `[d]`."""
        size = np.abs(self.contributions).mean(axis=0)
        return np.asarray(size / max(float(size.sum()), np.finfo(float).tiny), dtype=np.float64)

    @property
    def order(self) -> tuple[int, ...]:
        """Columns that the model uses, the most important first; of equals the earlier."""
        shares = self.shares
        return tuple(int(j) for j in np.argsort(-shares, kind="stable") if shares[j] > 0)

    def direction(self, column: int) -> int:
        """+1 where more of a numeric feature goes with repayment here, -1 where with default, 0 where with neither."""
        return observed_direction(self.values[:, column], self.contributions[:, column])


def explained(bundle: Bundle) -> Explained:
    """Evenly spaced rows of the bundle's reference with the contributions that its engine gives them."""
    table = bundle.reference()
    rows = np.ascontiguousarray(feature_rows(table.take(spaced(table.num_rows, LARGEST)), bundle.feature_names))
    answered = bundle.engine.contributions(rows)
    contributions, _ = bundle.calibration.contributions(answered[:, :-1], answered[:, -1])
    return Explained(bundle.manifest.features, rows, contributions, bundle.calibration.scale)
