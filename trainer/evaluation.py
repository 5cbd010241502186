"""How good predictions are, each measure with a 95 % bootstrap interval."""

from dataclasses import dataclass

import numpy as np

from trainer import recalibration
from trainer.arrays import Floats, Indices, Outcomes
from trainer.bootstrap import REPLICATES, Interval, draw_weights, interval
from trainer.ranking import Ranking, average_precision, cumulate, kolmogorov_smirnov, rank, roc_auc


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Measures of predictions on rows that did not shape the model.

    `log_loss` in nats a row; `calibration_slope` and `calibration_intercept` are those of a logistic regression
    of the outcome on the predicted log-odds (1 and 0 where calibrated; Cox 1958).
    """

    rows: int
    bads: int
    mean_pd: float
    """Mean predicted probability of default; compare with bads / rows."""
    roc_auc: Interval
    pr_auc: Interval
    ks: Interval
    brier: Interval
    log_loss: Interval
    calibration_slope: Interval
    calibration_intercept: Interval


def probability(log_odds: Floats) -> Floats:
    """1 / (1 + exp(-z)), without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -log_odds)), dtype=np.float64)


def log_losses(y: Outcomes, log_odds: Floats) -> Floats:
    """Negative log-likelihood of each row, in nats; finite for any finite log-odds."""
    return np.asarray(np.logaddexp(0.0, log_odds) - y * log_odds, dtype=np.float64)


def brier_losses(y: Outcomes, log_odds: Floats) -> Floats:
    """Squared difference of probability and outcome, of each row."""
    return np.square(probability(log_odds) - y)


def evaluate(
    y: Outcomes,
    log_odds: Floats,
    users: Indices,
    *,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
) -> Evaluation:
    """The evaluation of predicted log-odds of default `[n]`; whole users are resampled (codes 0 to k - 1).

    A measure is NaN where it is undefined: ranking with one class, calibration with separated classes.
    """
    ranking = rank(log_odds, y)
    losses = np.stack([brier_losses(y, log_odds), log_losses(y, log_odds)], axis=1)
    line = recalibration.fit_line(y, log_odds)
    estimate = _measures(ranking, losses, line, np.ones((1, len(y))))[0]
    drawn = [_measures(ranking, losses, line, w) for w in draw_weights(users, rng, replicates)]
    intervals = [interval(e, r) for e, r in zip(estimate, np.concatenate(drawn).T, strict=True)]
    mean_pd = float(probability(log_odds).mean())
    return Evaluation(len(y), int(y.sum()), mean_pd, *intervals)


def _measures(ranking: Ranking, losses: Floats, line: recalibration.FittedLine, weights: Floats) -> Floats:
    """`[b, 7]` in the order of Evaluation's fields."""
    sums = cumulate(ranking, weights)
    means = weights @ losses / weights.sum(axis=1, keepdims=True)
    return np.column_stack(
        [
            roc_auc(sums),
            average_precision(sums),
            kolmogorov_smirnov(sums),
            means,
            recalibration.reweighted(line, weights),
        ]
    )


def auc_interval(
    y: Outcomes,
    log_odds: Floats,
    users: Indices,
    *,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
) -> Interval:
    """ROC AUC alone, with its interval."""
    ranking = rank(log_odds, y)
    estimate = roc_auc(cumulate(ranking, np.ones((1, len(y)))))[0]
    drawn = [roc_auc(cumulate(ranking, weights)) for weights in draw_weights(users, rng, replicates)]
    return interval(float(estimate), np.concatenate(drawn))
