"""What a model can be asked: margins, and the contributions that explain them."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class ForestError(Exception):
    """A model cannot be read or served exactly, or rows do not fit it."""


class Contributor(Protocol):
    """What explains a model."""

    def contributions(self, rows: Floats) -> Floats:
        """Path-dependent TreeSHAP of the margin, as `Engine.contributions`."""


class Engine(Protocol):
    """One model, ready to score. Rows are float64 [n, width] in the model's feature order; NaN is missing."""

    @property
    def name(self) -> str:
        """Which implementation answers; stored with each score."""

    @property
    def version(self) -> str:
        """Versions of the libraries that answer; stored with each score."""

    @property
    def width(self) -> int:
        """Features of the model."""

    def margins(self, rows: Floats) -> Floats:
        """Log-odds of default before calibration, or its probability (random forests), float64 [n].

        Raises:
            ForestError: where the rows are not float64 [n, width].
        """

    def contributions(self, rows: Floats) -> Floats:
        """Path-dependent TreeSHAP of the margin, float64 [n, width + 1]; the last column is the base value.

        A row adds up to its margin (Lundberg et al. 2020, Nature Machine Intelligence 2, algorithm 2).

        Raises:
            ForestError: where the rows are not float64 [n, width].
        """


def close(contributions: Floats, margins: Floats) -> None:
    """Let contributions float64 [n, width + 1] add up to margins [n] that were added in float32.

    What the rounding of such a sum leaves, some 1e-6, belongs to no feature: the base value takes it.
    """
    contributions[:, -1] += margins - contributions.sum(axis=1)


def checked_rows(rows: Floats, width: int) -> Floats:
    """The rows, C-contiguous, after a look that no vendor's C code gives them.

    A narrower array would be read past its end by a library, a float32 one would be rounded before it.

    Raises:
        ForestError: where the rows are not a float64 array of shape [n, width].
    """
    if not isinstance(rows, np.ndarray):
        raise ForestError(f"rows must be a numpy array, not {type(rows).__name__}")
    if rows.dtype != np.float64:
        raise ForestError(f"rows must be float64, not {rows.dtype}: convert them where they are read")
    if rows.ndim != 2 or rows.shape[1] != width:
        raise ForestError(f"rows must have shape [n, {width}], one column a feature, not {list(rows.shape)}")
    return np.ascontiguousarray(rows)
