"""The probability that an advance goes bad: logistic in what a lender could see, plus what nobody can."""

from dataclasses import dataclass

import numpy as np

from trainer.simulator.horizon import Floats


@dataclass(frozen=True)
class Driver:
    """One observable cause: the score is `weight` times the saturated (value - centre) / spread.

    A positive weight makes default more likely. Centre and spread are those of a reference run.
    """

    name: str
    centre: float
    spread: float
    weight: float


DRIVERS = (
    Driver("debt_load30", 0.08, 0.11, 0.37),
    Driver("overdrafts90", 1.3, 1.1, 0.37),
    Driver("paycheck90", 7.15, 0.75, -0.34),
    Driver("buffer7", 0.6, 1.4, -0.32),
    Driver("volatility90", 0.82, 0.24, 0.19),
    Driver("balance", 0.85, 1.4, -0.14),
    Driver("transactions90", 4.28, 0.2, -0.07),
    Driver("gambling_share90", 0.04, 0.1, 0.37),
    Driver("pay_gap", 2.3, 0.95, 0.3),
    Driver("pay_irregularity90", 0.15, 0.3, 0.3),
    Driver("income_trend", -0.1, 0.4, -0.27),
    Driver("cash_share90", 0.23, 0.12, 0.25),
    Driver("spending_trend", -0.03, 0.27, 0.15),
    Driver("rent_share90", 0.23, 0.17, 0.27),
    Driver("balance_trend", -0.35, 1.1, -0.15),
    Driver("payday_spending90", 0.26, 0.16, 0.12),
    Driver("fees90", 0.7, 0.7, 0.15),
    Driver("advances90", 0.8, 0.85, 0.23),
    Driver("late_advances180", 0.25, 0.4, 0.32),
)
INTERCEPT = -3.6
"""Log-odds of default of the average request."""
HIDDEN = {"willingness": 0.5, "debt elsewhere": 0.5, "shock after the request": 0.7}
"""Standard deviations, in log-odds, of the hidden causes: independent normals drawn anew for each request."""
HIDDEN_SD = float(np.sqrt(sum(sd**2 for sd in HIDDEN.values())))
SATURATION = 2.5
"""No single driver counts for more than this many spreads."""
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)


def observable_log_odds(drivers: Floats) -> Floats:
    """Log-odds without the hidden causes; `drivers` is [len(DRIVERS), requests], the answer [requests]."""
    centre = np.array([driver.centre for driver in DRIVERS])[:, None]
    spread = np.array([driver.spread for driver in DRIVERS])[:, None]
    weight = np.array([driver.weight for driver in DRIVERS])
    saturated: Floats = SATURATION * np.tanh((drivers - centre) / spread / SATURATION)
    return INTERCEPT + weight @ saturated


def draw_hidden(count: int, rng: np.random.Generator) -> Floats:
    """Sum of the hidden causes of `count` requests, in log-odds."""
    sds = np.array(list(HIDDEN.values()))
    return np.asarray(rng.normal(0.0, 1.0, (count, len(sds))) @ sds)


def p_latent(log_odds: Floats, hidden: Floats) -> Floats:
    """Probability of default given everything."""
    return 1.0 / (1.0 + np.exp(-(log_odds + hidden)))


def p_observable(log_odds: Floats) -> Floats:
    """Probability of default with the hidden causes integrated out.

    Gauss-Hermite quadrature for the standard normal weight (Abramowitz and Stegun 25.4.46, rescaled), 40 nodes.
    """
    values = p_latent(log_odds[:, None], HIDDEN_SD * _NODES[None, :])
    return np.asarray(values @ (_WEIGHTS / _WEIGHTS.sum()))
