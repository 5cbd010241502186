"""A bound on the number that was given says the same as the library's comparison of the number that it read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forest.engine import Floats, ForestError
from forest.lightgbm_reading import ZERO_THRESHOLD
from forest.reading_bounds import category_bounds, upper_bounds
from forest.trees import Reading

NUMBERS = st.one_of(
    st.floats(allow_nan=False),
    st.floats(allow_nan=False, width=32),
    st.floats(-1e-34, 1e-34),
    st.sampled_from([ZERO_THRESHOLD, -ZERO_THRESHOLD, float(np.finfo(np.float32).max), 2.0**128, 1e300, 5e-324]),
)


def as_read(numbers: Floats, reading: Reading) -> Floats:
    if reading is Reading.FLOAT32:
        with np.errstate(over="ignore"):
            return numbers.astype(np.float32).astype(np.float64)
    if reading is Reading.LIGHTGBM:
        return np.where(np.abs(numbers) <= ZERO_THRESHOLD, 0.0, numbers)
    return numbers


def around(number: float) -> list[float]:
    with np.errstate(over="ignore"):
        return [float(np.nextafter(number, -np.inf)), number, float(np.nextafter(number, np.inf))]


@pytest.mark.parametrize("reading", Reading)
@pytest.mark.parametrize("strict", [False, True])
@given(threshold=NUMBERS, number=NUMBERS)
def test_a_bound_says_what_the_comparison_says(reading, strict, threshold, number):
    if strict and threshold == -np.inf:
        return
    bound = float(upper_bounds(np.array([threshold]), reading, strict=strict)[0])
    numbers = np.array([number, *around(bound), *around(threshold)])
    read = as_read(numbers, reading)
    np.testing.assert_array_equal(numbers <= bound, read < threshold if strict else read <= threshold)


@pytest.mark.parametrize(("reading", "single"), [(Reading.LIGHTGBM, False), (Reading.FLOAT32, True)])
@given(category=st.integers(0, 2**32 - 1), number=NUMBERS)
def test_a_category_is_what_gtil_matches(reading, single, category, number):
    lower, upper, can_be = category_bounds(np.array([category], np.uint32), reading, single=single)
    numbers = np.array(
        [number, *around(float(lower[0])), *around(float(upper[0])), category, category + 0.5, -0.5, -0.0]
    )
    read = as_read(numbers, reading)
    read = np.trunc(read) if reading is Reading.LIGHTGBM else read
    largest = 2.0**24 if single else 2.0**32 - 1
    matches = (read >= 0) & (read <= largest) & (np.trunc(read) == category)
    np.testing.assert_array_equal((numbers > lower[0]) & (numbers <= upper[0]) & can_be[0], matches)


def test_categories_of_float32_trees_are_read_as_float32_only():
    with pytest.raises(ForestError, match="categories of float32 trees cannot be read as given"):
        category_bounds(np.array([1], np.uint32), Reading.AS_GIVEN, single=True)
