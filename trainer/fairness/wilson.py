"""An interval of a share."""

from math import sqrt

from trainer.bootstrap import Interval

_Z = 1.959963984540054
"""The normal's 97.5 % quantile."""


def wilson(share: float, units: int) -> Interval:
    """The 95 % score interval of a share of independent units (Wilson, JASA 22, 1927).

    Units are users: where a user has several rows, the interval is as wide as if these were all alike.
    """
    shrunk = 1 + _Z**2 / units
    centre = (share + _Z**2 / (2 * units)) / shrunk
    half = _Z * sqrt(share * (1 - share) / units + (_Z / (2 * units)) ** 2) / shrunk
    return Interval(share, max(0.0, centre - half), min(1.0, centre + half))
