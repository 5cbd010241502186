"""Logistic recalibration as a check: slope and intercept of the outcome on the predicted log-odds (Cox 1958)."""

from dataclasses import dataclass

import numpy as np

from trainer.arrays import Floats, Outcomes

_STEPS = 50


@dataclass(frozen=True, slots=True)
class FittedLine:
    """A fitted line with each row's part in the score and the information at the fit.

    NaN throughout where no finite maximum of the likelihood exists (separated classes, constant predictions).
    """

    slope: float
    intercept: float
    scores: Floats
    """`[n, 2]`: gradient of each row's log-likelihood by intercept and slope."""
    information: Floats
    """`[n, 3]`: entries (0,0), (0,1), (1,1) of each row's negative Hessian."""


def fit_line(y: Outcomes, log_odds: Floats) -> FittedLine:
    """Maximum likelihood of y ~ Bernoulli(sigmoid(intercept + slope * log_odds)), by Newton's method."""
    theta = np.array([0.0, 1.0])
    for _ in range(_STEPS):
        scores, information = _derivatives(y, log_odds, theta)
        step = _solve(information.sum(axis=0, keepdims=True), scores.sum(axis=0, keepdims=True))[0]
        # A longer step overshoots where predictions are far off; the likelihood is concave, so it still arrives.
        theta = theta + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        if not np.isfinite(theta).all() or np.abs(step).max() < 1e-10:
            break
    if not (np.isfinite(theta).all() and np.abs(step).max() < 1e-6):
        return FittedLine(np.nan, np.nan, np.full((len(y), 2), np.nan), np.full((len(y), 3), np.nan))
    return FittedLine(float(theta[1]), float(theta[0]), *_derivatives(y, log_odds, theta))


def reweighted(line: FittedLine, weights: Floats) -> Floats:
    """Slope and intercept `[b, 2]` under weights `[b, n]`, by one Newton step from the fitted line.

    One step from the maximum is as good as refitting to first order (the one-step bootstrap; Shao and Tu, The
    Jackknife and Bootstrap, 1995, section 5.4).
    """
    step = _solve(weights @ line.information, weights @ line.scores)
    return np.column_stack([line.slope + step[:, 1], line.intercept + step[:, 0]])


def _derivatives(y: Outcomes, log_odds: Floats, theta: Floats) -> tuple[Floats, Floats]:
    fitted = np.exp(-np.logaddexp(0.0, -(theta[0] + theta[1] * log_odds)))
    residual, spread = y - fitted, fitted * (1.0 - fitted)
    scores = np.column_stack([residual, residual * log_odds])
    return scores, np.column_stack([spread, spread * log_odds, spread * log_odds**2])


def _solve(information: Floats, score: Floats) -> Floats:
    """Solutions `[b, 2]` of the two-by-two systems; NaN where singular."""
    h00, h01, h11 = information.T
    g0, g1 = score.T
    determinant = h00 * h11 - h01**2
    singular = ~(determinant > 1e-12 * h00 * h11)
    determinant = np.where(singular, np.nan, determinant)
    return np.column_stack([(h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant])
