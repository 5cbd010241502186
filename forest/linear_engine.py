"""A linear model behind the interface of the tree engines, in NumPy: a margin is a sum, and explains itself."""

from dataclasses import dataclass

import numpy as np

from forest.engine import Floats, ForestError, checked_rows

VERSION = "1"
"""Raised when an answer of the engine could change in any bit."""

FARTHEST = 1e6
"""Standard deviations from the mean beyond which a value is read as that far: an infinite one would otherwise have an
infinite margin, or none. A value of n training rows is at most sqrt(n - 1) away, so that no such row is touched."""


@dataclass(frozen=True)
class LinearModel:
    """margin = intercept + Σ coefficient · (value - mean), a missing value being `fill`. Arrays are float64 [width].

    Raises:
        ForestError: where lengths differ, a number is not finite, or a margin could be infinite.
    """

    intercept: float
    """The margin of a row of means."""
    coefficient: Floats
    """By unit of the value; 0 where a feature has no effect."""
    mean: Floats
    """Of the training rows, missing values filled."""
    sd: Floats
    """Standard deviation of the same, not below 0."""
    fill: float = 0.0

    def __post_init__(self) -> None:
        arrays = (self.coefficient, self.mean, self.sd)
        if {array.shape for array in arrays} != {(len(self.coefficient),)}:
            raise ForestError(
                f"a linear model of {[len(array) for array in arrays]} coefficients, means and deviations"
            )
        numbers = np.concatenate([*arrays, [self.intercept, self.fill]])
        with np.errstate(over="ignore"):
            farthest = np.abs(self.coefficient * FARTHEST * self.sd).sum() + abs(self.intercept)
        if not (np.isfinite(numbers).all() and np.isfinite(farthest) and (self.sd >= 0).all()):
            raise ForestError("a linear model needs finite numbers, and standard deviations not below 0")


class LinearEngine:
    """A linear model behind the interface of `forest.engine.Engine`."""

    name = "blink-linear"
    version = f"blink-linear {VERSION}"

    def __init__(self, model: LinearModel) -> None:
        """Serve a model."""
        self._model = model
        self._farthest = FARTHEST * model.sd
        self.width = len(model.coefficient)

    def margins(self, rows: Floats) -> Floats:
        """Margins float64 [n] for rows float64 [n, width] (NaN is missing).

        Raises:
            ForestError: where the rows are not float64 [n, width].
        """
        effects = self._effects(rows)
        terms = np.column_stack([np.full(len(effects), self._model.intercept), effects])
        # One after the other: a sum in pairs, or by BLAS, could differ with the rows beside and the processor.
        margins: Floats = np.add.accumulate(terms, axis=1)[:, -1]
        return margins.copy()

    def contributions(self, rows: Floats) -> Floats:
        """Each coefficient · (value - mean) float64 [n, width + 1], the intercept last, for rows float64 [n, width].

        These are the Shapley values of a linear model whose features are independent (Štrumbelj and Kononenko 2014,
        Knowledge and Information Systems 41, section 3.1).

        Raises:
            ForestError: where the rows are not float64 [n, width].
        """
        effects = self._effects(rows)
        return np.column_stack([effects, np.full(len(effects), self._model.intercept)])

    def _effects(self, rows: Floats) -> Floats:
        checked = checked_rows(rows, self.width)
        model = self._model
        with np.errstate(over="ignore"):
            distance = np.where(np.isnan(checked), model.fill, checked) - model.mean
        return model.coefficient * np.clip(distance, -self._farthest, self._farthest)
