"""Thresholds and categories as plain bounds of the given float64, so that a library's reading of a row costs nothing.

Each reading is monotone: it never turns a smaller number into a larger one. What a node asks of the number that was
read is then a bound on the number that was given, found once when the model is loaded.
"""

import numpy as np
import numpy.typing as npt

from forest.engine import Floats, ForestError
from forest.lightgbm_reading import ZERO_THRESHOLD
from forest.trees import Reading

_LARGEST_SINGLE = float(np.finfo(np.float32).max)
_ROUNDS_TO_INFINITY = 2.0**128 - 2.0**103
"""The smallest number that becomes an infinite float32: half a step above the largest (ties go to even)."""
_LARGEST_CATEGORY = {False: float(2**32 - 1), True: float(2**24)}
"""The largest category that GTIL matches, for float64 and for float32 rows."""


@np.errstate(over="ignore")  # beyond the largest number there is infinity
def upper_bounds(thresholds: Floats, reading: Reading, *, strict: bool) -> Floats:
    """The largest float64 that goes left at each threshold, float64 [n], not NaN.

    Args:
        thresholds: float64 [n], not NaN; above -inf where `strict`.
        reading: how rows are read.
        strict: numbers go left below the threshold, not at it.
    """
    if reading is Reading.FLOAT32:
        return _last_read_as_at_most(_singles_at_most(thresholds, strict=strict))
    bounds = np.nextafter(thresholds, -np.inf) if strict else thresholds
    if reading is Reading.LIGHTGBM:
        # All of [-zero, zero] is read as 0: it goes left together, or right.
        bounds = np.where((bounds >= 0) & (bounds < ZERO_THRESHOLD), ZERO_THRESHOLD, bounds)
        below = np.nextafter(-ZERO_THRESHOLD, -np.inf)
        bounds = np.where((bounds < 0) & (bounds > below), below, bounds)
    return bounds + 0.0  # -0.0 becomes 0.0


@np.errstate(over="ignore")
def category_bounds(
    categories: npt.NDArray[np.uint32], reading: Reading, *, single: bool
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """The numbers that are read as each category: above the first, up to and with the second; and which can be met.

    GTIL drops the fraction of a number, but no number below 0 is a category, and none above 2^32 - 1, or 2^24 where
    the trees are float32, since beyond it not every category has a float32.

    Args:
        categories: uint32 [n].
        reading: how rows are read.
        single: the trees are float32.

    Raises:
        ForestError: where float32 trees are not read as float32.
    """
    if single != (reading is Reading.FLOAT32):
        raise ForestError(f"categories of {'float32' if single else 'float64'} trees cannot be read {reading.value}")
    largest = _LARGEST_CATEGORY[single]
    first = categories.astype(np.float64)
    after = first + 1
    if reading is not Reading.LIGHTGBM:
        # Of the largest only itself: the fraction is there when it is compared with the largest.
        beyond = np.nextafter(np.float32(largest) if single else largest, np.inf)
        after = np.where(first < largest, after, beyond)
    lower = upper_bounds(first, reading, strict=True)
    if reading is Reading.LIGHTGBM:
        # Truncated toward 0: all of (-1, 1) is category 0.
        lower = np.where(first == 0, -1.0, lower)
    return lower, upper_bounds(after, reading, strict=True), first <= largest


def _singles_at_most(thresholds: Floats, *, strict: bool) -> npt.NDArray[np.float32]:
    """The largest float32 that goes left at each threshold, which may be -inf."""
    nearest = thresholds.astype(np.float32)
    wide = nearest.astype(np.float64)
    above = wide >= thresholds if strict else wide > thresholds
    return np.where(above, np.nextafter(nearest, np.float32(-np.inf)), nearest)


def _last_read_as_at_most(singles: npt.NDArray[np.float32]) -> Floats:
    """The largest float64 that is rounded to each float32, or to one below it."""
    lower = singles.astype(np.float64)
    upper = np.nextafter(singles, np.float32(np.inf)).astype(np.float64)
    upper = np.where(lower == _LARGEST_SINGLE, 2.0**128, upper)
    with np.errstate(invalid="ignore"):
        middle = np.where(np.isneginf(lower), -_ROUNDS_TO_INFINITY, lower / 2 + upper / 2)
    # Halfway between two, the one whose last bit is 0 is taken.
    even = (singles.view(np.uint32) & 1) == 0
    bounds = np.where(even | np.isneginf(singles), middle, np.nextafter(middle, -np.inf))
    return np.where(np.isposinf(singles), np.inf, bounds) + 0.0
