import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import LogisticRegression

from trainer.arrays import Floats, Outcomes
from trainer.calibration import fit_affine, fit_calibration, fit_probability
from trainer.evaluation import probability


def test_it_finds_the_line_that_made_the_outcomes() -> None:
    rng = np.random.default_rng(5)
    margins = rng.normal(-1.0, 1.0, 40_000)
    y = (rng.random(40_000) < probability(0.7 * margins - 1.0)).astype(np.int8)
    found = fit_affine(margins, y)
    library = LogisticRegression(C=np.inf, tol=1e-10).fit(margins[:, None], y)
    assert (found.a, found.b) == pytest.approx((library.coef_[0, 0], library.intercept_[0]), abs=2e-3)


def test_its_predictions_add_up_to_the_bads() -> None:
    rng = np.random.default_rng(6)
    margins, y = rng.normal(size=500), (rng.random(500) < 0.1).astype(np.int8)
    found = fit_affine(margins, y)
    assert probability(found.log_odds(margins)).sum() == pytest.approx(y.sum(), abs=1e-3)


@settings(deadline=None)  # the other core may be busy
@given(arrays(np.float64, 15, elements=st.floats(-30, 30)), arrays(np.int8, 15, elements=st.integers(0, 1)))
def test_it_never_turns_the_ranking_around(margins: Floats, y: Outcomes) -> None:
    found = fit_affine(margins, y)
    assert 0 < found.a < 1100
    assert np.isfinite(found.b)


def test_a_probability_s_line_is_that_of_least_squares_and_keeps_the_bad_rate() -> None:
    rng = np.random.default_rng(7)
    margins = rng.uniform(0.1, 0.4, 30_000)
    y = (rng.random(30_000) < 1.5 * margins - 0.1).astype(np.int8)
    found = fit_probability(margins, y)
    slope, intercept = np.polyfit(margins, y, 1)
    assert (found.a, found.b) == pytest.approx((slope, intercept), abs=2e-3)
    assert found.line(margins).mean() == pytest.approx(y.mean(), abs=1e-12)
    assert (found.lowest, found.highest) == (1 / 60_002, 1 - 1 / 60_002)
    assert fit_calibration(margins, y, "probability") == found


@settings(deadline=None)  # the other core may be busy
@given(arrays(np.float64, 15, elements=st.floats(0, 1)), arrays(np.int8, 15, elements=st.integers(0, 1)))
def test_a_probability_s_line_rises_whatever_few_rows_say(margins: Floats, y: Outcomes) -> None:
    found = fit_probability(margins, y)
    assert 0 < found.a < 1100
    assert np.isfinite(found.log_odds(margins)).all()
