import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import LogisticRegression

from trainer.arrays import Floats, Outcomes
from trainer.calibration import fit_affine
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
