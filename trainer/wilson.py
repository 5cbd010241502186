"""An interval of a share that stays inside [0, 1] and holds where few rows, or none, are bad."""

import math

Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


def wilson(bads: int, rows: int) -> tuple[float, float]:
    """Ends of the 95 % interval of `bads / rows`, rows > 0, taken as independent (Wilson, JASA 22, 1927)."""
    rate, weight = bads / rows, Z**2 / rows
    middle = (rate + weight / 2) / (1 + weight)
    reach = Z / (1 + weight) * math.sqrt(rate * (1 - rate) / rows + weight / (4 * rows))
    # Rounding leaves the ends of 0 and of 1 a trace inside.
    return max(0.0, min(rate, middle - reach)), min(1.0, max(rate, middle + reach))
