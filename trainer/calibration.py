"""Affine calibration on a margin's own scale, with a > 0, so that ranking never changes."""

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from credit.bundle.calibration import Calibration, ProbabilityCalibration, Scale
from trainer.arrays import Floats, Outcomes

MIN_BADS = 50
"""Bads in the calibration slice below which the calibration is cross-fitted inside the training slice."""


IDENTITY = Calibration(a=1.0, b=0.0)
"""For margins that are calibrated as they are."""


def fit_calibration(margins: Floats, y: Outcomes, scale: Scale) -> Calibration:
    """The calibration of margins `[n]` on that scale given outcomes `[n]`."""
    return fit_affine(margins, y) if scale == "log_odds_default" else fit_probability(margins, y)


def fit_affine(margins: Floats, y: Outcomes) -> Calibration:
    """The most probable calibration of margins `[n]` (log-odds of default) given outcomes `[n]`.

    Maximum likelihood (Platt 1999) under a standard normal prior on log a. The prior keeps `a` positive and
    finite where there are few bads, and weighs as much as a few rows: with hundreds of bads it is not seen.
    """
    outcomes = y.astype(np.float64)

    def negative_log_posterior(theta: Floats) -> tuple[float, Floats]:
        slope = np.exp(theta[0])
        z = slope * margins + theta[1]
        residual = np.exp(-np.logaddexp(0.0, -z)) - outcomes
        value = np.sum(np.logaddexp(0.0, z) - outcomes * z) + 0.5 * theta[0] ** 2
        return float(value), np.array([slope * (residual @ margins) + theta[0], residual.sum()])

    found = minimize(
        negative_log_posterior,
        _start(margins, outcomes),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-7.0, 7.0), (-50.0, 50.0)],
        options={"ftol": 1e-14, "gtol": 1e-9},
    )
    return Calibration(a=float(np.exp(found.x[0])), b=float(found.x[1]))


def fit_probability(margins: Floats, y: Outcomes) -> ProbabilityCalibration:
    """The calibration of margins `[n]` that are probabilities, given outcomes `[n]`.

    Least squares, which minimises the Brier score, under a standard normal prior on log a as in `fit_affine`; the mean
    before the clip is the bad rate. PD is clipped at 1 / (2n + 2), the estimate of a probability of which n rows showed
    no case (Krichevsky and Trofimov 1981, IEEE Transactions on Information Theory 27).
    """
    outcomes = y.astype(np.float64)
    around, rate = margins - margins.mean(), outcomes.mean()
    spread = max(rate * (1.0 - rate), 1.0 / len(y))

    def negative_log_posterior(log_slope: float) -> float:
        residual = outcomes - rate - np.exp(log_slope) * around
        return float(residual @ residual / (2.0 * spread) + 0.5 * log_slope**2)

    found = minimize_scalar(negative_log_posterior, bounds=(-7.0, 7.0), method="bounded", options={"xatol": 1e-12})
    slope, least = float(np.exp(found.x)), 0.5 / (len(y) + 1)
    return ProbabilityCalibration(a=slope, b=float(rate - slope * margins.mean()), lowest=least, highest=1.0 - least)


def _start(margins: Floats, outcomes: Floats) -> Floats:
    rate = (outcomes.sum() + 0.5) / (len(outcomes) + 1.0)
    return np.array([0.0, np.log(rate / (1.0 - rate)) - margins.mean()])
