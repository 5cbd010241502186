"""An interval of a share that stays inside [0, 1] and holds where few rows, or none, are bad."""

import math

from trainer.bootstrap import Interval

Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


def wilson(share: float, units: int) -> Interval:
    """The 95 % score interval of a share of independent units, one or more (Wilson, JASA 22, 1927).

    Where units are users who may have several rows, the interval is as wide as if these were all alike.
    """
    weight = Z**2 / units
    middle = (share + weight / 2) / (1 + weight)
    reach = Z / (1 + weight) * math.sqrt(share * (1 - share) / units + weight / (4 * units))
    # Rounding leaves the ends of 0 and of 1 a trace inside.
    return Interval(share, max(0.0, min(share, middle - reach)), min(1.0, max(share, middle + reach)))
