"""Points and weights that integrate a polynomial over [0, 1] exactly."""

import math
from decimal import Context, Decimal, localcontext
from functools import cache

import numpy as np

from forest.engine import Floats

_DIGITS = 50
_NEWTON_STEPS = 6
"""Each doubles the digits that are right: the first guess has two or more."""


@cache
def gauss_legendre(points: int) -> tuple[Floats, Floats]:
    """Abscissae, rising, and weights of the Gauss-Legendre rule on [0, 1], both float64 [points], read-only.

    Exact for polynomials of degree 2 * points - 1. Computed in decimal numbers and rounded once, so that they are
    the same bits on every machine: what NumPy finds depends on its LAPACK.

    Args:
        points: at least 1.
    """
    with localcontext(Context(prec=_DIGITS)):
        pairs = [_root(points, index) for index in range(points)]
        abscissae = np.array([float((1 - root) / 2) for root, _ in pairs])
        # On [-1, 1] a weight is 2 / ((1 - x²) P'(x)²) (Abramowitz and Stegun, 25.4.29); half of it on [0, 1].
        weights = np.array([float(1 / ((1 - root * root) * slope * slope)) for root, slope in pairs])
    abscissae.flags.writeable = weights.flags.writeable = False
    return abscissae, weights


def _root(points: int, index: int) -> tuple[Decimal, Decimal]:
    """The root of the Legendre polynomial that is `index` from the largest, and the slope there."""
    root = Decimal(math.cos(math.pi * (index + 0.75) / (points + 0.5)))
    for _ in range(_NEWTON_STEPS):
        value, slope = _legendre(points, root)
        root -= value / slope
    return root, _legendre(points, root)[1]


def _legendre(points: int, place: Decimal) -> tuple[Decimal, Decimal]:
    """The Legendre polynomial of a degree and its slope, at a place within (-1, 1)."""
    before, value = Decimal(1), place
    for degree in range(2, points + 1):
        before, value = value, ((2 * degree - 1) * place * value - (degree - 1) * before) / degree
    return value, points * (place * value - before) / (place * place - 1)
