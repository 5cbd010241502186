"""The judged rows by time."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from credit.bundle.bins import bins_of
from credit.portfolios import FeatureKind
from trainer.evaluation import probability
from trainer.stability import auc_bounds, judged_vintages, stability_index


def bins(values):
    return bins_of(np.asarray(values, dtype=np.float64), FeatureKind.NUMERIC)


def test_the_index_of_ten_known_bins():
    fitted = bins(np.arange(1000.0))
    halved = np.concatenate([np.arange(0, 500.0, 1), np.arange(0, 500.0, 1)])
    index, by_chance = stability_index(fitted, halved)
    q, p = np.full(10, 100.5) / 1005, np.array([200.5] * 5 + [0.5] * 5) / 1005
    assert index == pytest.approx(np.sum((p - q) * np.log(p / q)))
    # The 95 % quantile of chi-squared with 9 degrees of freedom, from a printed table.
    assert by_chance == pytest.approx(16.919 * 2 / 1000, rel=1e-4)


def test_samples_of_one_distribution_stay_below_what_chance_gives_in_95_of_100():
    rng = np.random.default_rng(8)
    found = [stability_index(bins(rng.normal(size=2000)), rng.normal(size=500)) for _ in range(600)]
    assert np.mean([index > by_chance for index, by_chance in found]) == pytest.approx(0.05, abs=0.02)


def test_one_score_for_everybody_is_stable():
    assert stability_index(bins(np.full(50, -1.0)), np.full(9, -1.0)) == (0.0, 0.0)


def test_the_interval_of_an_auc_is_the_published_one():
    # The example of Hanley and McNeil (1982): 51 abnormal and 58 normal images, area 0.893, standard error 0.032.
    lower, upper = auc_bounds(0.893, 51, 58)
    assert (upper - lower) / 2 / 1.96 == pytest.approx(0.032, abs=0.001)


def test_vintages_hold_their_own_rows():
    rng = np.random.default_rng(2)
    log_odds = rng.normal(-1, 1, 400)
    y = (rng.random(400) < probability(log_odds)).astype(np.int8)
    at = np.datetime64("2025-03-20", "us") + np.arange(400) * np.timedelta64(2, "h")
    y[at >= np.datetime64("2025-04-20")] = 0
    march, april = judged_vintages(at, y, log_odds, of_fitted=rng.normal(-1, 1, 3000))
    first = at < np.datetime64("2025-04-01")
    assert (march.name, march.rows, march.bads) == ("2025-03", int(first.sum()), int(y[first].sum()))
    assert march.roc_auc == pytest.approx(roc_auc_score(y[first], log_odds[first]))
    assert march.mean_pd == pytest.approx(probability(log_odds[first]).mean())
    assert (april.name, april.rows) == ("2025-04", 400 - march.rows)
    ranked = np.array([[0, 0, 0, 1], [1, 0, 0, 0]], dtype=np.int8)
    for y_ranked, auc in zip(ranked, (1.0, 0.0), strict=True):
        (one,) = judged_vintages(at[:4], y_ranked, np.arange(4.0), of_fitted=log_odds)
        assert (one.bads, one.roc_auc, one.roc_auc_lower, one.roc_auc_upper) == (1, auc, None, None)
    (good,) = judged_vintages(at[:5], np.zeros(5, dtype=np.int8), log_odds[:5], of_fitted=log_odds)
    assert (good.roc_auc, good.roc_auc_lower, good.roc_auc_upper, good.bad_rate) == (None, None, None, 0.0)
