"""The calibration of a margin: affine on the log-odds."""

import math
from dataclasses import dataclass

import numpy as np

from credit.bundle.canonical import to_bytes, to_object
from credit.bundle.errors import BundleError
from forest.engine import Floats

FILE = "calibration.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """logit(PD) = a * margin + b (Platt 1999, on the log-odds); a > 0, so that it keeps the order."""

    a: float
    b: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.a) and math.isfinite(self.b) and self.a > 0):
            raise BundleError(f"{FILE}: a must be above 0 and both finite, not a={self.a}, b={self.b}")

    def log_odds(self, margin: Floats) -> Floats:
        """logit(PD) of margins, float64 of the same shape; infinite past the largest double."""
        with np.errstate(over="ignore"):
            return self.a * margin + self.b

    def probability(self, margin: Floats) -> Floats:
        """PD in [0, 1] of margins, float64 of the same shape.

        The exponential is only ever taken of a number below 0, so no margin overflows and small probabilities
        keep their digits.
        """
        log_odds = self.log_odds(margin)
        small = np.exp(-np.abs(log_odds))
        return np.where(log_odds < 0, small, 1.0) / (1.0 + small)

    def contributions(self, phi: Floats, base: Floats) -> tuple[Floats, Floats]:
        """Contributions [n, d] and base values [n] of the margin, rescaled to those of logit(PD).

        An affine map keeps additivity (the Shapley value is linear): base + sum over features = logit(PD).
        """
        return self.a * phi, self.log_odds(base)


def calibration_to_bytes(calibration: Calibration) -> bytes:
    """The calibration as canonical JSON."""
    return to_bytes({"a": calibration.a, "b": calibration.b}, file=FILE)


def calibration_from_bytes(content: bytes) -> Calibration:
    """The calibration in canonical JSON.

    Raises:
        BundleError: where it is none.
    """
    fields = to_object(content, file=FILE)
    a, b = fields.get("a"), fields.get("b")
    if fields.keys() != {"a", "b"} or not isinstance(a, float | int) or not isinstance(b, float | int):
        raise BundleError(f"{FILE}: must hold the numbers a and b, and nothing else")
    return Calibration(a=float(a), b=float(b))
