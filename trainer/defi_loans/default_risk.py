"""The probability that a loan defaults: a logistic function of the weighted risk of its drivers."""

from collections.abc import Mapping
from functools import cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, ndtr

from trainer.defi_loans.drivers import (
    MONTH,
    VELOCITY_MEAN,
    Drivers,
    Floats,
    draw_drivers,
    of_asset,
)

WEIGHTS: Mapping[str, float] = {
    "dti": 0.30,
    "utilisation": 0.25,
    "liquidation": 0.20,
    "wallet_age": 0.15,
    "velocity_anomaly": 0.10,
}
"""Of the risks, each in [0, 1]; they add up to 1."""
DEFAULT_RATE = 0.08
SLOPE = 9.0
"""Log-odds of default from no risk to all risk: chosen so that the true probability ranks with an AUC of 0.80 to 0.85,
as good scorecards do; the weights decide only how the risks compare."""

DTI_CEILING = 0.5
"""Payments over income that are all the risk there is: beyond it hardly any lender goes."""
AGE_DECAY = 365.0
"""Days in which a wallet's youth is a risk e times as small."""
ANOMALY_SPREADS = 3.0
"""Standard deviations from the usual pace that are all the risk there is."""

_REFERENCE_LOANS = 200_000
_REFERENCE_SEED = 20_240_101


def risks(drivers: Drivers) -> dict[str, Floats]:
    """Each risk `[n]` in [0, 1], by the names of `WEIGHTS`."""
    return {
        "dti": np.minimum(drivers.dti / DTI_CEILING, 1.0),
        "utilisation": drivers.utilisation,
        "liquidation": liquidation(drivers),
        "wallet_age": np.exp(-drivers.wallet_age / AGE_DECAY),
        "velocity_anomaly": velocity_anomaly(drivers.velocity),
    }


def liquidation(drivers: Drivers) -> Floats:
    """Probability that the collateral is sold before the loan's term ends, `[n]`.

    The logarithm of the price is a Brownian motion without drift, and the collateral is sold at the first time at which
    the loan is `liquidated_at` of its value: 2 Φ(-ln(collateral · liquidated_at / loan) / (volatility · √years)), by
    the reflection principle (Karatzas and Shreve, Brownian Motion and Stochastic Calculus, section 2.6).
    """
    years = drivers.term * MONTH / 365.0
    room = np.log(drivers.collateral * of_asset("liquidated_at")[drivers.asset] / drivers.loan)
    return np.asarray(2.0 * ndtr(-room / (of_asset("volatility")[drivers.asset] * np.sqrt(years))), dtype=np.float64)


def velocity_anomaly(velocity: Floats) -> Floats:
    """How far a pace lies from the usual one, `[n]` in [0, 1]: too quick (wash trading) is a risk as too slow is."""
    spreads = np.abs(velocity - VELOCITY_MEAN) / np.sqrt(VELOCITY_MEAN)
    return np.asarray(np.minimum(spreads / ANOMALY_SPREADS, 1.0), dtype=np.float64)


def weighted(parts: Mapping[str, Floats]) -> Floats:
    """The weighted risk `[n]` in [0, 1] of each risk."""
    return np.asarray(sum(WEIGHTS[name] * part for name, part in parts.items()), dtype=np.float64)


def probability(risk: Floats) -> Floats:
    """Probability of default `[n]` of weighted risks."""
    return np.asarray(expit(intercept() + SLOPE * risk), dtype=np.float64)


@cache
def intercept() -> float:
    """Log-odds of default at no risk, such that the mean probability is `DEFAULT_RATE`.

    Found by Brent's method over a draw of its own: a file's rate is then near it and not on it, and no loan depends on
    how many others are asked for.
    """
    drawn = draw_drivers(_REFERENCE_LOANS, np.random.default_rng(_REFERENCE_SEED))
    slope = SLOPE * weighted(risks(drawn))
    return float(brentq(lambda at: expit(at + slope).mean() - DEFAULT_RATE, -40.0, 40.0, xtol=1e-12))
