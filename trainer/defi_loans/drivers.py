"""What loans are drawn from: wallets and their owners, and the terms of each loan.

Every distribution's parameters are constants here, with what they were chosen by. Drivers are independent of each other
but for loyalty, which no wallet can have had for longer than it exists.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MONTH = 30
"""Days of a month, in everything here."""

WALLET_AGE_SHAPE, WALLET_AGE_SCALE = 2.0, 240.0
"""Gamma, days: most borrowers' wallets are months old and some are years old; mode 240, mean 480."""
INCOME_MEDIAN, INCOME_LOG_SD = 3_000.0, 0.6
"""Log-normal, USD a month: the usual form of incomes; the mean is 3,592."""
DTI_A, DTI_B = 2.0, 5.0
"""Beta: payments on debts, this loan's among them, over income; mean 0.29, above 0.5 in 11 of 100."""
UTILISATION = (0.1, 1.0)
"""Uniform: the share of what may be borrowed against the collateral that is borrowed."""
VELOCITY_MEAN = 20.0
"""Poisson, transactions a month: the same pace for all, from which single wallets stray."""
LOYALTY_MEAN = 10.0
"""Exponential, months since the first use of the protocol: it is left at random."""

TERMS, TERM_WEIGHTS = (1, 3, 6, 12), (0.2, 0.35, 0.3, 0.15)
"""Months: loans against collateral are short."""
LOAN_SHARE_A, LOAN_SHARE_B = 5.0, 2.0
"""Beta: this loan's share of the payments on debts; mean 0.71."""
SMALLEST_LOAN = 50.0
"""USD: below it fees eat a loan."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A kind of collateral."""

    share: float
    """Of loans."""
    most_lent: float
    """Loan over value at which borrowing ends."""
    liquidated_at: float
    """Loan over value at which the collateral is sold."""
    volatility: float
    """Standard deviation of the log price over a year."""


ASSETS = (
    Asset(0.25, most_lent=0.85, liquidated_at=0.90, volatility=0.15),  # tokens that follow a currency, with interest
    Asset(0.45, most_lent=0.75, liquidated_at=0.825, volatility=0.60),  # the two large coins
    Asset(0.30, most_lent=0.60, liquidated_at=0.70, volatility=1.00),  # others
)


@dataclass(frozen=True, slots=True, eq=False)
class Drivers:
    """Of n loans, one each wallet; arrays `[n]`."""

    wallet_age: Floats
    """Whole days, 1 or more."""
    income: Floats
    """USD a month."""
    dti: Floats
    """Payments on debts over income, in (0, 1)."""
    utilisation: Floats
    """In [0.1, 1)."""
    velocity: Floats
    """Transactions a month, of late."""
    loyalty: Floats
    """Months since the first use of the protocol, no more than the wallet's age."""
    term: Ints
    """Months."""
    loan: Floats
    """USD, in cents; what the payments that are this loan's repay in its term."""
    collateral: Floats
    """USD, in cents; that of which the loan is the utilisation's share of what may be borrowed."""
    asset: Ints
    """Place in `ASSETS`."""


def draw_drivers(n: int, rng: np.random.Generator) -> Drivers:
    """Drivers of n loans."""
    wallet_age = np.maximum(1.0, np.floor(rng.gamma(WALLET_AGE_SHAPE, WALLET_AGE_SCALE, n)))
    income = INCOME_MEDIAN * np.exp(rng.normal(0.0, INCOME_LOG_SD, n))
    dti = rng.beta(DTI_A, DTI_B, n)
    utilisation = rng.uniform(*UTILISATION, n)
    velocity = rng.poisson(VELOCITY_MEAN, n).astype(np.float64)
    loyalty = np.minimum(rng.exponential(LOYALTY_MEAN, n), wallet_age / MONTH)
    term = rng.choice(np.array(TERMS, dtype=np.int64), n, p=TERM_WEIGHTS)
    asset = rng.choice(len(ASSETS), n, p=[asset.share for asset in ASSETS])
    payment = income * dti * rng.beta(LOAN_SHARE_A, LOAN_SHARE_B, n)
    loan = np.maximum(SMALLEST_LOAN, cents(payment * term))
    collateral = cents(loan / (of_asset("most_lent")[asset] * utilisation))
    return Drivers(wallet_age, income, dti, utilisation, velocity, loyalty, term, loan, collateral, asset)


def of_asset(name: str) -> Floats:
    """A figure of every asset, to be indexed by its place."""
    return np.array([getattr(asset, name) for asset in ASSETS], dtype=np.float64)


def cents(amounts: Floats) -> Floats:
    """Amounts rounded to cents."""
    return np.asarray(np.round(amounts, 2), dtype=np.float64)
