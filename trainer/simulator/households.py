"""Who the users are: income, obligations and habits, drawn once."""

from dataclasses import dataclass

import numpy as np

from trainer.simulator.currencies import CURRENCIES, ZONES
from trainer.simulator.horizon import Bools, Floats, Ints

WEEKLY, BIWEEKLY, MONTHLY = 0, 1, 2
PAYS_A_YEAR = np.array([52.0, 26.0, 12.0])
BILLS = ("rent", "utilities", "utilities", "insurance", "loan_payment", "loan_payment")


@dataclass(frozen=True)
class Households:
    """One entry a user; money in minor units of the user's own currency, shape [users] unless stated."""

    currency: Ints
    savings_currency: Ints
    zone: Ints
    cycle: Ints
    pay_day: Ints
    """Day of the month (monthly), or the phase of the cycle in days."""
    salary: Floats
    """Expected net pay a pay day."""
    monthly_income: Floats
    pay_sd: Floats
    """Standard deviation of the log of a pay."""
    skip_rate: Floats
    """Probability that a pay does not come at all (gig workers)."""
    bills: Floats
    """Shape [6, users], in the order of `BILLS`; 0 where there is none."""
    bill_day: Ints
    """Day of the month, 1..28, shape [6, users]."""
    daily_budget: Floats
    """Discretionary spending a day when the balance is at the cushion."""
    cushion: Floats
    impulse: Floats
    """0..1: how much of the spending moves to the days after a pay."""
    cash_share: Floats
    gambling_rate: Floats
    """Probability of gambling on a day."""
    overdraft_limit: Floats
    saves: Bools
    save_rate: Floats
    appetite: Floats
    """Relative rate of asking for advances."""

    def __len__(self) -> int:
        """Number of users."""
        return len(self.currency)


def draw_households(users: int, rng: np.random.Generator) -> Households:
    """Draws `users` households; the parameters are listed in docs/simulator.md."""
    currency = rng.choice(len(CURRENCIES), users, p=[item.share for item in CURRENCIES])
    minor = 100.0 / np.array([item.usd for item in CURRENCIES])[currency]
    income = minor * np.clip(np.exp(rng.normal(np.log(2800.0), 0.45, users)), 900, 12_000)
    cycle = rng.choice(3, users, p=[0.2, 0.45, 0.35])
    gig = rng.random(users) < 0.22
    bills = income * _bill_shares(users, rng)
    spare = np.maximum(income - bills.sum(axis=0), 0.15 * income)
    saves = rng.random(users) < 0.15
    return Households(
        currency=currency,
        savings_currency=np.where(rng.random(users) < 0.1, rng.integers(0, len(CURRENCIES), users), currency),
        zone=_zones(currency, rng),
        cycle=cycle,
        pay_day=np.where(cycle == MONTHLY, rng.choice([1, 15, 25, 28], users), _phase(cycle, rng)),
        salary=income * 12.0 / PAYS_A_YEAR[cycle],
        monthly_income=income,
        pay_sd=np.where(gig, rng.uniform(0.15, 0.45, users), rng.uniform(0.0, 0.08, users)),
        skip_rate=np.where(gig, rng.uniform(0.05, 0.3, users), 0.0),
        bills=bills,
        bill_day=rng.integers(1, 29, (len(BILLS), users)),
        daily_budget=spare * np.exp(rng.normal(-0.02, 0.1, users)) / 30.4,
        cushion=income * np.exp(rng.normal(np.log(0.3), 0.7, users)),
        impulse=rng.beta(1.5, 3.0, users),
        cash_share=rng.beta(1.2, 6.0, users),
        gambling_rate=np.where(rng.random(users) < 0.12, rng.uniform(0.03, 0.25, users), 0.0),
        overdraft_limit=minor * np.where(rng.random(users) < 0.65, rng.uniform(50, 600, users), 0.0),
        saves=saves,
        save_rate=np.where(saves, rng.uniform(0.02, 0.12, users), 0.0),
        appetite=np.where(rng.random(users) < 0.2, 0.0, np.exp(rng.normal(0.0, 0.6, users))),
    )


def _bill_shares(users: int, rng: np.random.Generator) -> Floats:
    """Bills as shares of the monthly income, shape [6, users]."""
    low = np.array([0.18, 0.015, 0.01, 0.015, 0.03, 0.03])[:, None]
    high = np.array([0.40, 0.04, 0.03, 0.04, 0.16, 0.14])[:, None]
    held = np.array([0.78, 1.0, 0.9, 0.55, 0.5, 0.22])[:, None]
    shares = low + (high - low) * rng.random((len(BILLS), users))
    return np.where(rng.random((len(BILLS), users)) < held, shares, 0.0)


def _zones(currency: Ints, rng: np.random.Generator) -> Ints:
    sizes = np.array([len(item.zones) for item in CURRENCIES])
    first = np.cumsum(sizes) - sizes
    zone = first[currency] + np.floor(rng.random(len(currency)) * sizes[currency]).astype(np.int64)
    return np.asarray(np.minimum(zone, len(ZONES) - 1))


def _phase(cycle: Ints, rng: np.random.Generator) -> Ints:
    """Weekly and biweekly pay comes on Thursdays and Fridays; the phase counts from a Monday."""
    friday = rng.choice([3, 4], len(cycle), p=[0.3, 0.7])
    second_week = 7 * rng.integers(0, 2, len(cycle))
    return np.where(cycle == BIWEEKLY, friday + second_week, friday)
