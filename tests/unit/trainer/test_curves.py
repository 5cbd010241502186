"""The curves that a bundle keeps: the same as scikit-learn's and SciPy's, and few points of them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score, roc_curve

from trainer.arrays import Floats, Outcomes
from trainer.curves import ROC_STEPS, curves_of
from trainer.evaluation import probability
from trainer.wilson import wilson


def sample(n: int, *, decimals: int = 12, seed: int = 3) -> tuple[Outcomes, Floats]:
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-2.0, 1.2, n).round(decimals)
    return (rng.random(n) < probability(log_odds)).astype(np.int8), log_odds


@pytest.mark.parametrize("decimals", [12, 0])
def test_the_roc_curve_is_scikit_learns_with_fewer_points(decimals):
    y, log_odds = sample(20_000, decimals=decimals)
    points, _ = curves_of(y, log_odds)
    goods, bads = np.array([[one.goods, one.bads] for one in points]).T
    every = roc_curve(y, log_odds, drop_intermediate=False)
    known = {(float(fpr), float(tpr)) for fpr, tpr in zip(*every[:2], strict=True)}
    assert len(points) <= ROC_STEPS + 2
    assert (goods[0], bads[0], goods[-1], bads[-1]) == (0, 0, 1, 1)
    assert {(one.goods, one.bads) for one in points} <= known
    assert np.trapezoid(bads, goods) == pytest.approx(roc_auc_score(y, log_odds), abs=1e-4)
    assert np.max(bads - goods) == np.max(every[1] - every[0])


def test_tenths_of_eight_rows_by_hand():
    y = np.array([1, 0, 1, 0, 0, 1, 0, 0], dtype=np.int8)
    log_odds = np.array([2.0, 2.0, 2.0, 2.0, -1.0, -1.0, -3.0, -3.0])
    _, tenths = curves_of(y, log_odds)
    assert [(one.rows, one.bads, one.bad_rate) for one in tenths] == [(4, 2, 0.5), (2, 1, 0.5), (2, 0, 0.0)]
    assert [(one.captured, one.lift) for one in tenths] == [(2 / 3, 4 / 3), (1.0, 4 / 3), (1.0, 0.0)]
    assert [one.ks for one in tenths] == pytest.approx([2 / 3 - 2 / 5, 1 - 3 / 5, 0.0])
    assert [one.mean_pd for one in tenths] == pytest.approx(probability(np.array([2.0, -1.0, -3.0])))
    assert all(one.lowest_pd == one.highest_pd for one in tenths)


SCORES = arrays(np.float64, 40, elements=st.integers(-4, 4).map(float))
OUTCOMES = arrays(np.int8, 40, elements=st.integers(0, 1)).filter(lambda y: 0 < y.sum() < 40)


@settings(deadline=None)  # the other core may be busy
@given(OUTCOMES, SCORES, st.permutations(range(40)))
def test_tenths_hold_every_row_once_never_divide_a_score_and_know_no_order_of_rows(y, scores, order):
    points, tenths = curves_of(y, scores)
    assert sum(one.rows for one in tenths) == 40
    assert sum(one.bads for one in tenths) == y.sum()
    assert all(one.lowest_pd > after.highest_pd for one, after in pairwise(tenths))
    assert tenths[-1].captured == 1.0
    assert tenths[-1].ks == pytest.approx(0.0, abs=1e-12)
    again = curves_of(y[list(order)], scores[list(order)])
    assert again[0] == points
    assert [one.bads for one in again[1]] == [one.bads for one in tenths]


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_wilson_holds_the_share_itself(rows, share):
    found = wilson(round(share * rows) / rows, rows)
    assert 0 <= found.lower <= found.estimate <= found.upper <= 1


@pytest.mark.parametrize(("bads", "rows"), [(0, 7), (7, 7), (3, 10), (180, 2000), (1, 1)])
def test_wilson_is_scipys(bads, rows):
    theirs = binomtest(bads, rows).proportion_ci(0.95, method="wilson")
    found = wilson(bads / rows, rows)
    assert (found.lower, found.upper) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
