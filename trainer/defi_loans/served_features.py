"""What a protocol knows of a wallet and its loan: the twelve features of the portfolio, and how they follow.

Income, debts, velocity, loyalty and the kind of collateral are not among them: a model learns of these only by what
they leave behind.
"""

from collections.abc import Mapping

import numpy as np

from trainer.defi_loans.default_risk import WEIGHTS, probability, weighted
from trainer.defi_loans.drivers import MONTH, Drivers, Floats, cents

TURNOVER_LOG_SD = 0.3
"""Of what passes through a wallet in a month, over the owner's income; the median is 1."""
DEFI_SHARE = (0.1, 0.6)
"""Of a wallet's transactions those with lending protocols: from a newcomer's to an old hand's."""
LOYALTY_DECAY = 12.0
"""Months in which a newcomer becomes an old hand, but for 1 in e."""
LOANS_A_MONTH = 0.3
"""Poisson rate of earlier loans, for each month since the first use of the protocol."""
STILL_OPEN = 0.1
"""Share of the earlier loans that have neither been repaid nor defaulted."""
REPUTATION: Mapping[str, float] = {"solvency": 0.4, "wallet_age": 0.2, "loyalty": 0.15, "repaid": 0.25}
"""Weights of what a reputation is made of, each in [0, 1]."""
REPUTATION_SD = 0.06
"""Of what else it is made of, normal."""


def served_features(drivers: Drivers, risks: Mapping[str, Floats], rng: np.random.Generator) -> dict[str, Floats]:
    """The features `[n]`, in the portfolio's order."""
    months, n = drivers.wallet_age / MONTH, len(drivers.wallet_age)
    # A wallet's recent pace is that of its whole life.
    transactions = 1 + rng.poisson(drivers.velocity * months)
    volume = cents(drivers.income * months * np.exp(rng.normal(0.0, TURNOVER_LOG_SD, n)))
    experience = 1.0 - np.exp(-drivers.loyalty / LOYALTY_DECAY)
    newcomer, old_hand = DEFI_SHARE
    interactions = rng.binomial(transactions, newcomer + (old_hand - newcomer) * experience)
    previous = rng.poisson(LOANS_A_MONTH * drivers.loyalty)
    defaults = rng.binomial(previous, probability(habitual(risks)))
    repaid = rng.binomial(previous - defaults, 1.0 - STILL_OPEN)
    return {
        "wallet_age_days": drivers.wallet_age,
        "total_transactions": transactions.astype(np.float64),
        "total_volume_usd": volume,
        "defi_interactions": interactions.astype(np.float64),
        "loan_amount": drivers.loan,
        "collateral_value_usd": drivers.collateral,
        "term_months": drivers.term.astype(np.float64),
        "previous_loans": previous.astype(np.float64),
        "successful_repayments": repaid.astype(np.float64),
        "defaults": defaults.astype(np.float64),
        "reputation_score": _reputation(risks, experience, (repaid + 1.0) / (repaid + defaults + 2.0), rng),
        "collateral_ratio": drivers.collateral / drivers.loan,
    }


def habitual(risks: Mapping[str, Floats]) -> Floats:
    """The weighted risk `[n]` of a wallet's earlier loans: its owner's risks, and half of what a loan's own may be."""
    of_loan = {name: np.full_like(risks["dti"], 0.5) for name in ("utilisation", "liquidation")}
    return weighted({name: of_loan.get(name, risks[name]) for name in WEIGHTS})


def _reputation(risks: Mapping[str, Floats], experience: Floats, repaid: Floats, rng: np.random.Generator) -> Floats:
    """A score of whole numbers from 0 to 100: what the protocol's own analysts make of the wallet."""
    parts = {
        "solvency": 1.0 - risks["dti"],
        "wallet_age": 1.0 - risks["wallet_age"],
        "loyalty": experience,
        "repaid": repaid,
    }
    share = sum(REPUTATION[name] * part for name, part in parts.items()) + rng.normal(0.0, REPUTATION_SD, len(repaid))
    return np.asarray(np.clip(np.round(100.0 * share), 0.0, 100.0), dtype=np.float64)
