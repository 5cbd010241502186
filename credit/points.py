"""Points of a scorecard: log-odds on a scale that people read.

Source: N. Siddiqi, *Credit Risk Scorecards* (Wiley 2006), chapter 6, "Scorecard scaling":
`points = offset + factor * ln(odds)`, odds being good to bad, `factor = pdo / ln(2)` and
`offset = points_at_odds - factor * ln(odds)`.
"""

from dataclasses import dataclass
from math import isfinite, log
from typing import overload

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class PointsError(Exception):
    """A scale is impossible, or a row has no finite log-odds to turn into points."""


@dataclass(frozen=True, slots=True)
class PointsScale:
    """A scale fixed by one point on it and by how many points double the odds.

    Raises:
        PointsError: where the odds or the points that double them are not positive.
    """

    points: float = 600.0
    """Points at `odds`."""
    odds: float = 50.0
    """Good to bad, above 0, at `points`."""
    points_to_double_odds: float = 20.0
    """Above 0."""

    def __post_init__(self) -> None:
        positive = (self.odds, self.points_to_double_odds)
        if not all(isfinite(value) and value > 0 for value in positive) or not isfinite(self.points):
            raise PointsError(f"points scale {self}: odds and points_to_double_odds must be positive, all of it finite")

    @property
    def factor(self) -> float:
        """Points a unit of ln(odds)."""
        return self.points_to_double_odds / log(2.0)

    @property
    def offset(self) -> float:
        """Points at odds of 1:1."""
        return self.points - self.factor * log(self.odds)

    @overload
    def exact(self, log_odds_default: float) -> float: ...
    @overload
    def exact(self, log_odds_default: FloatArray) -> FloatArray: ...
    def exact(self, log_odds_default: float | FloatArray) -> float | FloatArray:
        """Unrounded points of log-odds of default (any shape, float64): more risk, fewer points."""
        return self.offset - self.factor * log_odds_default

    def rounded(self, log_odds_default: FloatArray) -> npt.NDArray[np.int64]:
        """Whole points of log-odds of default, same shape.

        Rounded to the nearest; half a point goes up, to the customer's favour. Unlike rounding half to even
        this commutes with shifts of whole points, so that doubled odds are always 20 points apart.

        Raises:
            PointsError: where a value is not finite; the message names the first such row.
        """
        values = np.atleast_1d(np.asarray(log_odds_default, dtype=np.float64))
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            raise PointsError(f"row {row}: no points for log-odds of default {values.flat[row]}")
        return np.floor(self.exact(np.asarray(log_odds_default, dtype=np.float64)) + 0.5).astype(np.int64)

    def rounded_one(self, log_odds_default: float) -> int:
        """Whole points of one log-odds of default, rounded as in `rounded`.

        Raises:
            PointsError: where the value is not finite.
        """
        return int(self.rounded(np.array([log_odds_default]))[0])
