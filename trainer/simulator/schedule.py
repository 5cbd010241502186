"""What happens whatever the balance: pays, job losses, windfalls, bills falling due, wishes to spend.

All arrays are [days, users], money in minor units of the user's currency.
"""

from dataclasses import dataclass

import numpy as np

from trainer.simulator.horizon import Bools, Floats, Horizon, Ints
from trainer.simulator.households import BILLS, BIWEEKLY, MONTHLY, WEEKLY, Households

SPENDING = ("groceries", "shopping", "transport", "leisure", "cash_out")
SPENDING_SHARE = np.array([0.36, 0.20, 0.12, 0.20, 0.12])
"""Share of the discretionary budget."""
SPENDING_RATE = np.array([0.15, 0.09, 0.11, 0.10, 0.05])
"""Probability of such a purchase on an average day."""
SPENDING_WEEK = np.array(
    [
        [0.9, 0.8, 0.8, 0.9, 1.1, 1.5, 1.0],
        [0.8, 0.8, 0.8, 0.9, 1.1, 1.6, 1.0],
        [1.2, 1.2, 1.2, 1.2, 1.2, 0.6, 0.4],
        [0.5, 0.6, 0.7, 1.0, 1.6, 1.7, 0.9],
        [0.9, 0.8, 0.8, 1.0, 1.5, 1.3, 0.7],
    ]
)
"""Monday .. Sunday."""
SPENDING_DECEMBER = np.array([1.1, 1.7, 1.0, 1.3, 1.2])
WINTER_ENERGY = 1.35
JOB_LOSS_RATE, MEDICAL_RATE, WINDFALL_RATE = 0.13, 0.35, 0.25
"""Events a user and year."""


@dataclass(frozen=True)
class Schedule:
    """See the module; `due` is [days, bills, users] and `wishes` [days, len(SPENDING), users]."""

    pay_dates: Bools
    next_pay: Ints
    """Day index of the first pay date on or after each day."""
    incomes: dict[str, Ints]
    """Money in, by slot."""
    medical: Ints
    due: Ints
    wishes: Floats


def draw_schedule(homes: Households, horizon: Horizon, rng: np.random.Generator) -> Schedule:
    """Draws everything that does not depend on balances."""
    dates = pay_dates(homes, horizon)
    out_of_work, benefit = _job_losses(homes, horizon.days, rng)
    salary = _salaries(homes, dates & ~out_of_work, rng)
    return Schedule(
        pay_dates=dates,
        next_pay=_next_true(dates),
        incomes={"salary": salary, "benefit": benefit, **_other_incomes(homes, horizon, rng)},
        medical=_events(homes, horizon.days, MEDICAL_RATE, (0.16, 0.7), rng),
        due=_bills_due(homes, horizon),
        wishes=_wishes(homes, horizon, rng),
    )


def pay_dates(homes: Households, horizon: Horizon) -> Bools:
    """Days on which pay is due; a monthly pay day on a weekend moves to the Friday before."""
    weekday = horizon.weekday[:, None]
    count = np.arange(horizon.days)[:, None] + int(horizon.weekday[0])
    monthly = horizon.day_of_month[:, None] == homes.pay_day
    shifted = monthly & (weekday < 5)
    shifted[:-1] |= (monthly & (weekday == 5))[1:]
    shifted[:-2] |= (monthly & (weekday == 6))[2:]
    weekly = (homes.cycle == WEEKLY) & (count % 7 == homes.pay_day)
    biweekly = (homes.cycle == BIWEEKLY) & (count % 14 == homes.pay_day)
    return np.asarray(weekly | biweekly | ((homes.cycle == MONTHLY) & shifted))


def _next_true(mask: Bools) -> Ints:
    days = np.where(mask, np.arange(len(mask))[:, None], len(mask) + 31)
    return np.asarray(np.minimum.accumulate(days[::-1], axis=0)[::-1])


def _job_losses(homes: Households, days: int, rng: np.random.Generator) -> tuple[Bools, Ints]:
    """Spells without work (30..150 days), and the benefit that starts a fortnight into them."""
    out_of_work = np.zeros((days, len(homes)), dtype=bool)
    benefit = np.zeros((days, len(homes)), dtype=np.int64)
    starts, users = np.nonzero(rng.random((days, len(homes))) < JOB_LOSS_RATE / 365)
    lengths = rng.integers(30, 150, len(starts))
    for start, user, length in zip(starts.tolist(), users.tolist(), lengths.tolist(), strict=True):
        out_of_work[start : start + length, user] = True
        benefit[start + 14 : start + length : 14, user] = int(0.2 * homes.monthly_income[user])
    return out_of_work, benefit


def _salaries(homes: Households, dates: Bools, rng: np.random.Generator) -> Ints:
    """Pays that vary by `pay_sd`, drift slowly, sometimes fail to come, and come late to gig workers."""
    shape = dates.shape
    drift = np.cumsum(rng.normal(0.0, 0.004, shape) * (0.25 + homes.pay_sd), axis=0)
    factor = np.exp(drift + rng.normal(0.0, 1.0, shape) * homes.pay_sd - homes.pay_sd**2 / 2)
    paid = np.where(dates & (rng.random(shape) >= homes.skip_rate), _cents(homes.salary * factor), 0)
    late = rng.random(shape) < 1.5 * homes.skip_rate
    moved = np.zeros_like(paid)
    moved[2:] = np.where(late[:-2], paid[:-2], 0)
    on_time = np.where(late, 0, paid)
    return np.where(on_time > 0, on_time, moved)


def _other_incomes(homes: Households, horizon: Horizon, rng: np.random.Generator) -> dict[str, Ints]:
    days = horizon.days
    return {
        "windfall": _events(homes, days, WINDFALL_RATE, (0.2, 0.7), rng),
        "gift": _events(homes, days, 2.0, (0.04, 0.6), rng),
        "refund": _events(homes, days, 2.0, (0.015, 0.6), rng),
        "cash_in": _events(homes, days, 1.5, (0.04, 0.6), rng),
    }


def _events(homes: Households, days: int, rate: float, size: tuple[float, float], rng: np.random.Generator) -> Ints:
    """Rare events at `rate` a year, log-normal around `size[0]` monthly incomes with log-sd `size[1]`."""
    amounts = np.zeros((days, len(homes)), dtype=np.int64)
    when, users = np.nonzero(rng.random((days, len(homes))) < rate / 365)
    median = size[0] * homes.monthly_income[users]
    amounts[when, users] = _cents(median * np.exp(rng.normal(0.0, size[1], len(when))))
    return amounts


def _bills_due(homes: Households, horizon: Horizon) -> Ints:
    due = np.where(horizon.day_of_month[:, None, None] == homes.bill_day, homes.bills, 0.0)
    winter = np.isin(horizon.month, [12, 1, 2])[:, None]
    energy = BILLS.index("utilities")
    due[:, energy] *= np.where(winter, WINTER_ENERGY, 1.0)
    return _cents(due)


def _wishes(homes: Households, horizon: Horizon, rng: np.random.Generator) -> Floats:
    """Purchases as they would be with the balance at the cushion."""
    shape = (horizon.days, len(SPENDING), len(homes))
    share = SPENDING_SHARE[:, None] * np.ones(len(homes))
    share[-1] = SPENDING_SHARE[-1] * homes.cash_share / 0.17
    share /= share.sum(axis=0)
    season = SPENDING_WEEK[:, horizon.weekday] * np.where(horizon.month == 12, SPENDING_DECEMBER[:, None], 1.0)
    rate = (SPENDING_RATE[:, None] * season).T[:, :, None]
    amount = share * homes.daily_budget / SPENDING_RATE[:, None]
    noise = np.exp(rng.standard_normal(shape, dtype=np.float32) * np.float32(0.5) - np.float32(0.125))
    return np.where(rng.random(shape, dtype=np.float32) < rate, amount * noise, 0.0)


def _cents(amount: Floats) -> Ints:
    return np.rint(amount).astype(np.int64)
