import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score, roc_curve

from trainer.arrays import Floats, Outcomes
from trainer.bootstrap import codes_of, draw_weights
from trainer.evaluation import evaluate, probability
from trainer.ranking import average_precision, cumulate, kolmogorov_smirnov, rank, roc_auc
from trainer.recalibration import fit_line, reweighted


def sample(n: int = 600, seed: int = 3) -> tuple[Outcomes, Floats]:
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-2.0, 1.2, n).round(2)  # rounded: ties
    return (rng.random(n) < probability(log_odds)).astype(np.int8), log_odds


def test_estimates_are_those_of_scikit_learn() -> None:
    y, z = sample()
    pd = probability(z)
    found = evaluate(y, z, np.arange(len(y)), rng=np.random.default_rng(1), replicates=20)
    fpr, tpr, _ = roc_curve(y, pd)
    line = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(z[:, None], y)
    estimates = [
        measure.estimate
        for measure in (
            found.roc_auc,
            found.pr_auc,
            found.ks,
            found.brier,
            found.log_loss,
            found.calibration_slope,
            found.calibration_intercept,
        )
    ]
    expected = [
        roc_auc_score(y, pd),
        average_precision_score(y, pd),
        np.max(tpr - fpr),
        brier_score_loss(y, pd),
        log_loss(y, pd),
        line.coef_[0, 0],
        line.intercept_[0],
    ]
    assert estimates == pytest.approx(expected, abs=1e-6)
    assert (found.rows, found.bads, found.mean_pd) == (600, int(y.sum()), pytest.approx(pd.mean()))


OUTCOMES = arrays(np.int8, 12, elements=st.integers(0, 1)).filter(lambda y: 0 < y.sum() < 12)
SCORES = arrays(np.float64, 12, elements=st.integers(-3, 3).map(float))
COUNTS = arrays(np.int64, 12, elements=st.integers(0, 3))


@settings(deadline=None)  # the other core may be busy
@given(OUTCOMES, SCORES, COUNTS)
def test_weights_mean_repeated_rows(y: Outcomes, scores: Floats, counts: np.ndarray) -> None:
    repeated_y, repeated_scores = np.repeat(y, counts), np.repeat(scores, counts)
    sums = cumulate(rank(scores, y), counts[None].astype(float))
    if 0 < repeated_y.sum() < len(repeated_y):
        fpr, tpr, _ = roc_curve(repeated_y, repeated_scores)
        expected = (
            roc_auc_score(repeated_y, repeated_scores),
            average_precision_score(repeated_y, repeated_scores),
            np.max(np.abs(tpr - fpr)),
        )
        found = roc_auc(sums)[0], average_precision(sums)[0], kolmogorov_smirnov(sums)[0]
        assert found == pytest.approx(expected)


@settings(deadline=None)  # the other core may be busy
@given(OUTCOMES, SCORES)
def test_a_monotone_change_of_scores_leaves_ranking_measures(y: Outcomes, scores: Floats) -> None:
    one, other = (cumulate(rank(s, y), np.ones((1, 12))) for s in (scores, np.exp(scores) * 3 - 7))
    assert roc_auc(one) == roc_auc(other)
    assert average_precision(one) == average_precision(other)


def test_intervals_hold_the_estimate_and_shrink_with_rows() -> None:
    widths = []
    for n in (300, 4800):
        y, z = sample(n)
        auc = evaluate(y, z, np.arange(n), rng=np.random.default_rng(1), replicates=300).roc_auc
        assert auc.lower < auc.estimate < auc.upper
        widths.append(auc.upper - auc.lower)
    assert widths[1] < widths[0] / 2


def test_the_interval_is_that_of_a_known_standard_error() -> None:
    y, z = sample(4000)
    brier = evaluate(y, z, np.arange(4000), rng=np.random.default_rng(1), replicates=2000).brier
    error = np.std((probability(z) - y) ** 2) / np.sqrt(4000)
    assert (brier.lower, brier.upper) == pytest.approx(
        (brier.estimate - 1.96 * error, brier.estimate + 1.96 * error), abs=0.1 * error
    )


def test_whole_users_are_resampled() -> None:
    y, z = sample(300)
    users = np.repeat(np.arange(300), 4)
    repeated = evaluate(np.repeat(y, 4), np.repeat(z, 4), users, rng=np.random.default_rng(1))
    once = evaluate(y, z, np.arange(300), rng=np.random.default_rng(1))
    assert repeated.roc_auc.lower == pytest.approx(once.roc_auc.lower)
    assert repeated.log_loss.upper == pytest.approx(once.log_loss.upper)


def test_weights_are_drawn_in_chunks_and_sum_to_the_users() -> None:
    users = codes_of(np.array(["b", "a", "b", "c"]))
    weights = np.concatenate(list(draw_weights(users, np.random.default_rng(0), 500)))
    assert weights.shape == (500, 4)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, 0] + weights[:, 1] + weights[:, 3] == 3).all()


def test_the_same_seed_gives_the_same_evaluation() -> None:
    y, z = sample()
    one, other = (evaluate(y, z, np.arange(600), rng=np.random.default_rng(4)) for _ in range(2))
    assert one == other


def test_one_class_leaves_ranking_undefined() -> None:
    found = evaluate(np.zeros(9, np.int8), np.linspace(-2, 2, 9), np.arange(9), rng=np.random.default_rng(0))
    assert np.isnan(found.roc_auc.estimate)
    assert np.isnan(found.calibration_slope.estimate)
    assert np.isfinite(found.log_loss.estimate)


def test_one_newton_step_is_close_to_refitting() -> None:
    y, z = sample(3000)
    weights = np.concatenate(list(draw_weights(np.arange(3000), np.random.default_rng(2), 5)))
    steps = reweighted(fit_line(y, z), weights)
    for step, weight in zip(steps, weights, strict=True):
        counts = weight.astype(int)
        refitted = fit_line(np.repeat(y, counts), np.repeat(z, counts))
        assert step == pytest.approx([refitted.slope, refitted.intercept], abs=0.02)
