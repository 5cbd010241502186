"""Is a server's memory flat? A rule for figures that were read while it worked."""

import statistics
from collections.abc import Sequence

GROWTH = 1.05
"""Most that the median of the last third may be, as a multiple of the middle third's."""


def growth(samples: Sequence[float]) -> float | None:
    """The median of the last third of the samples over that of the middle third; None where they are too few.

    The first third is left out: in it pools and caches fill.
    """
    if len(samples) < 3:
        return None
    middle, last = later_thirds(samples)
    return last / middle


def later_thirds(samples: Sequence[float]) -> tuple[float, float]:
    """The medians of the middle and of the last third of three samples or more."""
    third = len(samples) // 3
    return statistics.median(samples[-2 * third : -third]), statistics.median(samples[-third:])
