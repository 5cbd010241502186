"""What loans are drawn from, and the probability that follows."""

import math

import numpy as np
import pytest

from trainer.defi_loans.default_risk import (
    DEFAULT_RATE,
    WEIGHTS,
    liquidation,
    probability,
    risks,
    velocity_anomaly,
    weighted,
)
from trainer.defi_loans.drivers import ASSETS, MONTH, draw_drivers, of_asset

N = 40_000
DRAWN = draw_drivers(N, np.random.default_rng(3))


def test_the_weights_are_those_that_are_required():
    assert WEIGHTS == {
        "dti": 0.30,
        "utilisation": 0.25,
        "liquidation": 0.20,
        "wallet_age": 0.15,
        "velocity_anomaly": 0.10,
    }
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("values", "mean", "sd"),
    [
        (DRAWN.wallet_age + 0.5, 480.0, 240.0 * math.sqrt(2)),
        (np.log(DRAWN.income), math.log(3000.0), 0.6),
        (DRAWN.dti, 2 / 7, math.sqrt(10 / (49 * 8))),
        (DRAWN.utilisation, 0.55, 0.9 / math.sqrt(12)),
        (DRAWN.velocity, 20.0, math.sqrt(20.0)),
    ],
    ids=["wallet age gamma", "income log-normal", "dti beta", "utilisation uniform", "velocity Poisson"],
)
def test_a_driver_has_the_moments_of_its_distribution(values, mean, sd):
    assert values.mean() == pytest.approx(mean, abs=5 * sd / math.sqrt(N))
    assert values.std() == pytest.approx(sd, rel=0.03)


def test_loyalty_is_exponential_as_far_as_the_wallet_exists():
    months = DRAWN.wallet_age / MONTH
    assert (DRAWN.loyalty <= months).all()
    old = months > 40
    assert DRAWN.loyalty[old].mean() == pytest.approx(10.0, rel=0.06)


def test_the_loan_is_the_utilisation_s_share_of_what_may_be_borrowed():
    limit = of_asset("most_lent")[DRAWN.asset] * DRAWN.collateral
    assert DRAWN.loan / limit == pytest.approx(DRAWN.utilisation, rel=1e-3)
    assert DRAWN.loan.min() == 50.0


def test_every_risk_lies_between_0_and_1():
    for name, risk in risks(DRAWN).items():
        assert (name in WEIGHTS, risk.min() >= 0, risk.max() <= 1) == (True, True, True)


def test_liquidation_is_the_first_passage_of_a_price_without_drift():
    asset, at = ASSETS[DRAWN.asset[0]], 0
    room = math.log(DRAWN.collateral[at] * asset.liquidated_at / DRAWN.loan[at])
    spread = asset.volatility * math.sqrt(DRAWN.term[at] * 30 / 365)
    # 2 Φ(-x) is erfc(x / √2).
    assert liquidation(DRAWN)[at] == pytest.approx(math.erfc(room / spread / math.sqrt(2)))


def test_a_pace_is_an_anomaly_above_as_below_the_usual_one():
    assert velocity_anomaly(np.array([20.0, 11.0, 29.0, 0.0, 90.0])).tolist() == pytest.approx(
        [0.0, 9 / math.sqrt(20) / 3, 9 / math.sqrt(20) / 3, 1.0, 1.0]
    )


def test_the_mean_probability_is_the_default_rate_of_other_draws_too():
    default = probability(weighted(risks(DRAWN)))
    assert default.mean() == pytest.approx(DEFAULT_RATE, abs=5 * default.std() / math.sqrt(N))
    assert DEFAULT_RATE == 0.08


def test_more_of_any_risk_makes_default_more_likely():
    none, half = (weighted(dict.fromkeys(WEIGHTS, np.array([share]))) for share in (0.0, 0.5))
    for name in WEIGHTS:
        parts = dict.fromkeys(WEIGHTS, np.array([0.0])) | {name: np.array([0.5])}
        assert probability(none) < probability(weighted(parts)) < probability(half)
