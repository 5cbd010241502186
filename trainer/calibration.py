"""Affine calibration on the log-odds: logit(PD) = a * margin + b with a > 0, so that ranking never changes."""

import numpy as np
from scipy.optimize import minimize

from credit.bundle.calibration import Calibration
from trainer.arrays import Floats, Outcomes

MIN_BADS = 50
"""Bads in the calibration slice below which the calibration is cross-fitted inside the training slice."""


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


def _start(margins: Floats, outcomes: Floats) -> Floats:
    rate = (outcomes.sum() + 0.5) / (len(outcomes) + 1.0)
    return np.array([0.0, np.log(rate / (1.0 - rate)) - margins.mean()])
