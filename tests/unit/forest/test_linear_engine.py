"""The linear engine: the sum as it is written, of any number."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from forest.engine import Floats, ForestError
from forest.linear_engine import FARTHEST, LinearEngine, LinearModel

MODEL = LinearModel(
    intercept=-2.0,
    coefficient=np.array([0.5, -4.0, 0.0]),
    mean=np.array([10.0, 0.25, 3.0]),
    sd=np.array([2.0, 0.5, 1.0]),
)
ENGINE = LinearEngine(MODEL)
any_rows = arrays.arrays(np.float64, (4, 3), elements=st.floats(allow_nan=True, allow_infinity=True))


def test_a_margin_is_the_intercept_and_each_coefficient_times_value_less_mean() -> None:
    rows = np.array([[10.0, 0.25, 3.0], [12.0, 0.5, 99.0], [np.nan, np.nan, np.nan]])
    assert ENGINE.margins(rows).tolist() == [-2.0, -2.0 + 1.0 - 1.0, -2.0 - 5.0 + 1.0]
    assert ENGINE.contributions(rows).tolist() == [
        [0.0, 0.0, 0.0, -2.0],
        [1.0, -1.0, 0.0, -2.0],
        [-5.0, 1.0, 0.0, -2.0],
    ]


def test_a_missing_value_is_read_as_the_model_says() -> None:
    filled = LinearEngine(replace(MODEL, fill=10.0))
    assert filled.contributions(np.full((1, 3), np.nan)).tolist() == [[0.0, -39.0, 0.0, -2.0]]


@given(any_rows)
def test_every_row_has_a_finite_margin_which_its_contributions_add_up_to(rows: Floats) -> None:
    margins, contributions = ENGINE.margins(rows), ENGINE.contributions(rows)
    assert np.isfinite(margins).all()
    largest = np.maximum(1.0, np.abs(contributions).max(axis=1))
    assert (np.abs(contributions.sum(axis=1) - margins) <= 1e-9 * largest).all()


def test_a_value_is_read_no_further_than_farthest_from_the_mean() -> None:
    ends = np.array([[np.inf, -np.inf, np.inf], [-np.inf, 1e308, -1e308]])
    most = FARTHEST * MODEL.sd * MODEL.coefficient
    assert ENGINE.contributions(ends)[:, :2].tolist() == [[most[0], -most[1]], [-most[0], most[1]]]


@given(any_rows)
def test_rows_do_not_change_each_other_in_any_bit(rows: Floats) -> None:
    for row in range(len(rows)):
        alone = rows[[row]]
        assert ENGINE.margins(alone).tobytes() == ENGINE.margins(rows)[[row]].tobytes()
        assert ENGINE.contributions(alone).tobytes() == ENGINE.contributions(rows)[[row]].tobytes()


def test_no_rows_and_wrong_rows() -> None:
    assert ENGINE.margins(np.empty((0, 3))).shape == (0,)
    assert ENGINE.contributions(np.empty((0, 3))).shape == (0, 4)
    for rows in (np.zeros((1, 2)), np.zeros((1, 3), np.float32)):
        with pytest.raises(ForestError, match="rows must"):
            ENGINE.margins(rows)


@pytest.mark.parametrize(
    "wrong",
    [
        {"intercept": np.nan},
        {"coefficient": np.array([np.inf, 0.0, 0.0])},
        {"sd": np.array([1.0, -1.0, 0.0])},
        {"coefficient": np.array([1e300, 0.0, 0.0]), "sd": np.array([1e3, 0.0, 0.0])},
        {"mean": np.zeros(2)},
    ],
)
def test_numbers_that_are_no_model_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ForestError, match="a linear model"):
        replace(MODEL, **wrong)  # type: ignore[arg-type]
