"""The calibration of a margin: affine on the log-odds, or on the probability where the margin is one."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, cast

import numpy as np

from credit.bundle.canonical import Json, to_bytes, to_object
from credit.bundle.errors import BundleError
from forest.engine import Floats

FILE = "calibration.json"

Scale = Literal["log_odds_default", "probability"]
"""What contributions and base value add up to: logit(PD), or the PD before it is clipped."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """logit(PD) = a * margin + b (Platt 1999, on the log-odds); a > 0, so that it keeps the order."""

    scale: ClassVar[Scale] = "log_odds_default"

    a: float
    b: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.a) and math.isfinite(self.b) and self.a > 0):
            raise BundleError(f"{FILE}: a must be above 0 and both finite, not a={self.a}, b={self.b}")

    def line(self, margin: Floats) -> Floats:
        """The line a * margin + b, float64 of the same shape; infinite past the largest double."""
        with np.errstate(over="ignore"):
            return self.a * margin + self.b

    def log_odds(self, margin: Floats) -> Floats:
        """logit(PD) of margins, float64 of the same shape."""
        return self.line(margin)

    def probability(self, margin: Floats) -> Floats:
        """PD in [0, 1] of margins, float64 of the same shape.

        The exponential is only ever taken of a number below 0, so no margin overflows and small probabilities
        keep their digits.
        """
        log_odds = self.log_odds(margin)
        small = np.exp(-np.abs(log_odds))
        return np.where(log_odds < 0, small, 1.0) / (1.0 + small)

    def contributions(self, phi: Floats, base: Floats) -> tuple[Floats, Floats]:
        """Contributions [n, d] and base values [n] of the margin, rescaled to those of a * margin + b.

        An affine map keeps additivity (the Shapley value is linear): base + sum over features = a * margin + b.
        """
        return self.a * phi, self.line(base)


@dataclass(frozen=True, slots=True)
class ProbabilityCalibration(Calibration):
    """PD = a * margin + b, no less than `lowest` and no more than `highest`; a > 0.

    For margins that are probabilities (random forests). The clip keeps PD inside (0, 1), so that points and log loss
    are finite; contributions add up before it.
    """

    scale: ClassVar[Scale] = "probability"

    lowest: float
    """Above 0."""
    highest: float
    """Above `lowest`, below 1."""

    def __post_init__(self) -> None:
        # Not super(): a dataclass with slots is another class than the one that the method was compiled in.
        Calibration.__post_init__(self)
        if not 0 < self.lowest < self.highest < 1:
            raise BundleError(
                f"{FILE}: 0 < lowest < highest < 1 is needed, not lowest={self.lowest}, highest={self.highest}"
            )

    def log_odds(self, margin: Floats) -> Floats:
        """logit(PD) of margins, float64 of the same shape; finite."""
        probability = self.probability(margin)
        return np.log(probability) - np.log1p(-probability)

    def probability(self, margin: Floats) -> Floats:
        """PD in [lowest, highest] of margins, float64 of the same shape."""
        return np.clip(self.line(margin), self.lowest, self.highest)


def calibration_to_bytes(calibration: Calibration) -> bytes:
    """The calibration as canonical JSON; the log-odds' has no field `scale`, as before there was another."""
    fields: dict[str, Json] = {"a": calibration.a, "b": calibration.b}
    if isinstance(calibration, ProbabilityCalibration):
        fields |= {"scale": calibration.scale, "lowest": calibration.lowest, "highest": calibration.highest}
    return to_bytes(fields, file=FILE)


def calibration_from_bytes(content: bytes) -> Calibration:
    """The calibration in canonical JSON.

    Raises:
        BundleError: where it is none.
    """
    fields = to_object(content, file=FILE)
    scale = fields.pop("scale", Calibration.scale)
    kind = {one.scale: one for one in (Calibration, ProbabilityCalibration)}.get(cast("Scale", scale))
    if kind is None:
        raise BundleError(f"{FILE}: scale {scale!r}; this version reads {Calibration.scale} and probability")
    needed = ("a", "b") if kind is Calibration else ("a", "b", "lowest", "highest")
    if fields.keys() != set(needed) or not all(isinstance(fields[name], float | int) for name in needed):
        raise BundleError(f"{FILE}: must hold the numbers {' and '.join(needed)}, and nothing else")
    return kind(**{name: float(cast("float", fields[name])) for name in needed})
