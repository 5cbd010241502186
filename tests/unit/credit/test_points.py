from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.points import PointsError, PointsScale

LOG_ODDS = st.floats(min_value=-30.0, max_value=30.0)


def test_worked_example_of_siddiqi_600_points_at_50_to_1_and_20_to_double() -> None:
    scale = PointsScale()
    assert (round(scale.factor, 4), round(scale.offset, 3)) == (28.8539, 487.123)


def test_worked_example_of_siddiqi_600_points_at_30_to_1_and_20_to_double() -> None:
    scale = PointsScale(points=600, odds=30, points_to_double_odds=20)
    assert (round(scale.factor, 4), round(scale.offset, 2)) == (28.8539, 501.86)


@pytest.mark.parametrize(
    ("odds", "points"), [(50.0, 600), (51.8, 601), (57.4, 604), (100.0, 620), (25.0, 580), (200.0, 640)]
)
def test_table_of_scaled_scores_of_siddiqi(odds: float, points: int) -> None:
    assert PointsScale().rounded_one(-log(odds)) == points


def test_even_odds_are_the_offset_and_half_a_point_goes_up() -> None:
    scale = PointsScale(points=600.5, odds=1.0, points_to_double_odds=20.0)
    assert scale.rounded(np.zeros((2, 2))).tolist() == [[601, 601], [601, 601]]
    assert PointsScale(points=-0.5, odds=1.0).rounded_one(0.0) == 0


@given(LOG_ODDS)
def test_array_and_scalar_agree_and_doubled_odds_are_20_points(log_odds: float) -> None:
    scale = PointsScale()
    several = scale.rounded(np.array([log_odds, 0.0]))
    assert several[0] == scale.rounded_one(log_odds)
    assert scale.exact(log_odds - log(2.0)) == pytest.approx(scale.exact(log_odds) + 20.0, abs=1e-9)


@given(LOG_ODDS, LOG_ODDS)
def test_more_risk_never_earns_more_points(one: float, other: float) -> None:
    low, high = PointsScale().rounded(np.array(sorted([one, other])))
    assert low >= high


def test_a_row_without_finite_log_odds_is_named() -> None:
    with pytest.raises(PointsError, match="row 1: no points for log-odds of default inf"):
        PointsScale().rounded(np.array([0.0, np.inf]))


@pytest.mark.parametrize("wrong", [{"odds": 0.0}, {"points_to_double_odds": -1.0}, {"points": float("nan")}])
def test_an_impossible_scale_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(PointsError, match="must be positive"):
        PointsScale(**wrong)
