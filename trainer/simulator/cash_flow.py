"""The days of a block of households, one after the other, all households at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trainer.simulator import hazard, lending, observable
from trainer.simulator.currencies import CURRENCIES
from trainer.simulator.horizon import Floats, Horizon, Ints
from trainer.simulator.households import BILLS, Households, draw_households
from trainer.simulator.lending import FIRST_DAY, NEVER, Advances
from trainer.simulator.schedule import SPENDING, Schedule, draw_schedule
from trainer.simulator.slots import INDEX, MAIN, SAVINGS, SLOTS

BILL_SLOTS = [INDEX[name] for name in ("rent", "energy", "telephone", "insurance", "first_loan", "second_loan")]
SPENDING_SLOTS = [INDEX[name] for name in SPENDING]
OVERDRAFT_FEE_RATE = 0.2
"""Probability of a fee after a day that ended below zero."""
OVERDRAFT_FEE_USD, RETURNED_FEE_USD = 2400, 1800
"""In cents, converted at the starting rate."""
RETURNED_FEE_RATE = 0.6
ARREARS_LIMIT = 1.4
"""Unpaid bills never pile up beyond this many bills: creditors settle or cut off."""
INTEREST_MONTHLY = 0.0015
STAKE = 0.012
"""Median stake of a gambling day, as a share of the monthly income."""


@dataclass(frozen=True)
class History:
    """What happened to one block of households."""

    first_user: int
    """Index in the population of the block's first user."""
    homes: Households
    flows: npt.NDArray[np.int32]
    """Signed minor units of the account's currency, [days, slots, users]."""
    opening: Ints
    """Balances before the first day, [2 accounts, users]."""
    repayment_minute: Ints
    """Local minute of the day of a repayment, [days, users]."""
    advances: Advances


class Books:
    """The state that one day hands to the next. Balances in minor units, [users]."""

    def __init__(self, homes: Households, plan: Schedule, rates: Floats, rng: np.random.Generator) -> None:
        self.homes, self.plan, self.rng = homes, plan, rng
        days, users = len(plan.pay_dates), len(homes)
        self.rates = rates[1:]
        self.flows = np.zeros((days, len(SLOTS), users), dtype=np.int32)
        self.worth = np.zeros((days, users))
        """Total balance in dollars at the end of each day."""
        self.opening = _opening(homes, rng)
        self.balance, self.savings = self.opening.copy()
        self.owed = np.zeros((len(BILLS), users), dtype=np.int64)
        self.late = np.zeros((days, users), dtype=np.int8)
        self.free_from = np.full(users, FIRST_DAY)
        self.numbers = np.zeros(users, dtype=np.int64)
        self.since_pay = np.full(users, 30)
        self.luck = rng.random((days, 5, users), dtype=np.float32)
        self.minor_usd = 1.0 / np.array([item.usd for item in CURRENCIES])[homes.currency]

    def move(self, day: int, slot: int, amount: Ints) -> None:
        """Books `amount` (signed) on the day and the main account."""
        self.flows[day, slot] += amount.astype(np.int32)
        self.balance += amount


def live(first_user: int, users: int, horizon: Horizon, rates: Floats, rng: np.random.Generator) -> History:
    """Simulates `users` households over the horizon; `rates` is from `currencies.dollar_rates`."""
    homes = draw_households(users, rng)
    plan = draw_schedule(homes, horizon, rng)
    books = Books(homes, plan, rates, rng)
    repayment_minute = rng.integers(735, 840, (horizon.days, users))
    advances: list[Advances] = []
    month_start = horizon.day_of_month == 1
    for day in range(horizon.days):
        _morning(books, day, pay_interest=bool(month_start[day]))
        if day >= FIRST_DAY:
            advances.append(_lend(books, day))
        _bills(books, day)
        _spend(books, day)
        _save(books, day)
        _close(books, day)
    joined = lending.join([lending.nobody(len(hazard.DRIVERS)), *advances])
    return History(first_user, homes, books.flows, books.opening, repayment_minute, joined)


def _opening(homes: Households, rng: np.random.Generator) -> Ints:
    main = homes.cushion * np.exp(rng.normal(0.0, 0.4, len(homes)))
    saved = np.where(homes.saves, homes.monthly_income * rng.gamma(1.0, 0.5, len(homes)), 0.0)
    return _round(np.stack([main, saved]))


def _morning(books: Books, day: int, *, pay_interest: bool) -> None:
    """Overdraft fees of yesterday, incomes, repayments that were planned, the doctor's bill."""
    overdrawn = (books.balance < 0) & (books.luck[day, 0] < OVERDRAFT_FEE_RATE)
    books.move(day, INDEX["overdraft_fee"], -_round(overdrawn * OVERDRAFT_FEE_USD * books.minor_usd))
    for slot, amounts in books.plan.incomes.items():
        books.move(day, INDEX[slot], amounts[day])
    books.move(day, INDEX["bill"], -books.plan.medical[day])
    books.balance += books.flows[day, INDEX["repayment"]]
    books.since_pay = np.where(books.plan.incomes["salary"][day] > 0, 0, books.since_pay + 1)
    if pay_interest:
        interest = _round(np.maximum(books.savings, 0) * INTEREST_MONTHLY)
        books.flows[day, INDEX["interest"]] = interest
        books.savings += interest


def _bills(books: Books, day: int) -> None:
    """Pays what is owed in the order of `BILLS` as far as the overdraft limit allows."""
    homes, due = books.homes, books.plan.due[day]
    books.owed = np.minimum(books.owed + due, _round(homes.bills * ARREARS_LIMIT))
    covered = np.cumsum(books.owed, axis=0) <= books.balance + homes.overdraft_limit
    paid = np.where(covered, books.owed, 0)
    books.flows[day, BILL_SLOTS] -= paid.astype(np.int32)
    books.balance -= paid.sum(axis=0)
    books.owed -= paid
    returned = ((due > 0) & ~covered).any(axis=0) & (books.luck[day, 1] < RETURNED_FEE_RATE)
    books.move(day, INDEX["fee"], -_round(returned * RETURNED_FEE_USD * books.minor_usd))


def _spend(books: Books, day: int) -> None:
    """Spends more when the balance is high and just after a pay, never beyond the overdraft limit."""
    homes = books.homes
    mood = np.clip(0.25 + 0.75 * books.balance / homes.cushion, 0.15, 1.8)
    rush = np.where(books.since_pay <= 2, 1.0 + 1.2 * homes.impulse, 1.0 - 0.3 * homes.impulse)
    wanted = books.plan.wishes[day] * (mood * rush)
    gambled = _stakes(books, day)
    available = np.maximum(books.balance + 0.6 * homes.overdraft_limit, 0.0)
    scale = np.minimum(1.0, available / np.maximum(wanted.sum(axis=0) + gambled, 1.0))
    spent = _round(wanted * scale)
    books.flows[day, SPENDING_SLOTS] -= spent.astype(np.int32)
    books.balance -= spent.sum(axis=0)
    books.move(day, INDEX["gambling"], -_round(gambled * scale))


def _stakes(books: Books, day: int) -> Floats:
    homes = books.homes
    plays = books.luck[day, 2] < homes.gambling_rate
    return np.where(plays, STAKE * homes.monthly_income * (0.3 + 2.0 * books.luck[day, 3]), 0.0)


def _save(books: Books, day: int) -> None:
    """Savers put part of each pay aside and take some of it back when the balance is low."""
    homes = books.homes
    rate = books.rates[day, homes.currency] / books.rates[day, homes.savings_currency]
    pay = books.plan.incomes["salary"][day]
    put = np.where(books.balance > homes.cushion, homes.save_rate * pay, 0.0)
    low = homes.saves & (books.balance < 0.1 * homes.cushion) & (put == 0)
    take = np.where(low, np.minimum(0.3 * homes.cushion, 0.5 * np.maximum(books.savings, 0) / rate), 0.0)
    put, take = _round(put), np.where(take >= 1000, _round(take), 0)
    books.move(day, INDEX["to_savings"], -put)
    books.move(day, INDEX["from_savings"], take)
    saved, unsaved = _round(put * rate), _round(take * rate)
    books.flows[day, INDEX["saved"]] = saved
    books.flows[day, INDEX["unsaved"]] = -unsaved
    books.savings += saved - unsaved


def _close(books: Books, day: int) -> None:
    homes, rate = books.homes, books.rates[day] / 100.0
    books.worth[day] = books.balance * rate[homes.currency] + books.savings * rate[homes.savings_currency]


def _lend(books: Books, day: int) -> Advances:
    """Draws who asks on the day, and books what follows."""
    homes = books.homes
    runway = books.balance / (7.0 * homes.daily_budget)
    asked = books.luck[day, 4] < lending.asks(np.clip(runway, -3.0, 20.0), homes.appetite)
    batch = _request(books, day, np.flatnonzero(asked & (day >= books.free_from)))
    _book(books, batch)
    return batch


def _request(books: Books, day: int, users: Ints) -> Advances:
    """Requests of `users` on the day: terms, probabilities, outcome, repayments."""
    rng, count = books.rng, len(users)
    causes = observable.drivers(_window(books, day, users))
    log_odds = hazard.observable_log_odds(causes)
    p_latent = hazard.p_latent(log_odds, hazard.draw_hidden(count, rng))
    p_observable = hazard.p_observable(log_odds)
    bad = rng.random(count) < p_latent
    principal = lending.draw_principal(books.homes.monthly_income[users], rng)
    fee = lending.fee_of(principal)
    due = np.minimum(books.plan.next_pay[min(day + 7, len(books.worth) - 1), users], day + 31)
    plan = lending.draw_plan(bad, p_observable, due, principal + fee, rng)
    return Advances(
        user=users,
        number=books.numbers[users] + 1,
        day=np.full(count, day),
        minute=rng.integers(8 * 60, 12 * 60, count),
        due=due,
        principal=principal,
        fee=fee,
        p_latent=p_latent,
        p_observable=p_observable,
        defaulted=bad,
        drivers=causes,
        **vars(plan),
    )


def _window(books: Books, day: int, users: Ints) -> observable.Window:
    """The 90 days before the day, in dollars at the rates of the day."""
    homes, days = books.homes, slice(day - observable.WINDOW, day)
    rate = np.empty((len(SLOTS), len(users)))
    rate[MAIN] = books.rates[day, homes.currency[users]] / 100.0
    rate[SAVINGS] = books.rates[day, homes.savings_currency[users]] / 100.0
    return observable.Window(
        flows=books.flows[days][:, :, users] * rate,
        balance=books.worth[days][:, users],
        late_advances=books.late[max(day - 180, 0) : day, users].sum(axis=0).astype(np.float64),
    )


def _book(books: Books, batch: Advances) -> None:
    """Pays the advances out, plans their repayments, and bars users who owe from asking again."""
    amount = np.zeros(len(books.homes), dtype=np.int64)
    amount[batch.user] = batch.principal
    books.move(int(batch.day[0]) if len(batch.day) else 0, INDEX["payout"], amount)
    days = len(books.flows)
    for repaid, when in zip(batch.repaid, batch.repaid_day, strict=True):
        known = (repaid > 0) & (when < days)
        books.flows[when[known], INDEX["repayment"], batch.user[known]] -= repaid[known].astype(np.int32)
    late = (batch.closed > batch.due + 2) & (batch.closed < days)
    books.late[batch.closed[late], batch.user[late]] += 1
    rest = books.rng.integers(1, 12, len(batch.user))
    books.free_from[batch.user] = np.where(batch.closed < NEVER, batch.closed + rest, NEVER)
    books.numbers[batch.user] += 1


def _round(amount: Floats) -> Ints:
    return np.asarray(np.rint(amount), dtype=np.int64)
