"""The transactions as a bank's interface delivers them: late, twice, pending first, sometimes taken back."""

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from trainer.simulator.cash_flow import History
from trainer.simulator.currencies import ZONES
from trainer.simulator.horizon import DAY_US, MINUTE_US, Bools, Horizon, Ints
from trainer.simulator.slots import INDEX, SLOTS

PENDING_SHARE = 0.045
"""Of card payments (3 % of all rows): first seen pending, half a day to two and a half days before they post."""
CHANGED_SHARE = 0.4
"""Of pending rows: the amount posted is another."""
REVERSED_SHARE = 0.008
"""Of card payments: an erroneous second row, withdrawn one to four days later."""
LATE_SHARE = 0.015
"""Of all rows: made known one to six days late. The others take some minutes."""
TWICE_SHARE = 0.003
"""Of all rows: delivered twice, word for word."""


@dataclass(frozen=True)
class Rows:
    """Transactions, one entry a row, shape [rows]; money in minor units, times in microseconds since 1970 UTC."""

    user: Ints
    slot: Ints
    number: Ints
    """Number of the transaction within its user, from 1."""
    version: Ints
    posted: Ints
    ingested: Ints
    amount: Ints
    balance: Ints
    """Balance of the account after the row; undefined where `has_balance` is false."""
    has_balance: Bools
    pending: Bools
    voided: Bools

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.user)

    def take(self, index: Ints | Bools) -> Self:
        """The rows at `index`."""
        return replace(self, **{field.name: getattr(self, field.name)[index] for field in fields(self)})


def deliver(history: History, horizon: Horizon, rng: np.random.Generator) -> Rows:
    """All rows of the transactions file, by user and time; what was sent twice stands at the end."""
    booked = _booked(history, horizon, rng)
    card = np.array([slot.card for slot in SLOTS])[booked.slot]
    old_enough = booked.posted > horizon.start_us + 4 * DAY_US
    was_pending = card & old_enough & (rng.random(len(booked)) < PENDING_SHARE)
    doubled = card & ~was_pending & (rng.random(len(booked)) < REVERSED_SHARE)
    booked = replace(booked, version=booked.version + was_pending)
    first = _pending(booked.take(was_pending), rng)
    error, withdrawal = _reversed(booked.take(doubled), np.bincount(booked.user), rng)
    rows = _concatenate([booked, first, error, withdrawal])
    rows = rows.take((rows.ingested < horizon.end_us) & (rows.posted < horizon.end_us))
    rows = rows.take(np.lexsort((rows.version, rows.posted, rows.user)))
    return _concatenate([rows, rows.take(rng.random(len(rows)) < TWICE_SHARE)])


def ingestion_lag(count: int, rng: np.random.Generator) -> Ints:
    """Microseconds between an event and its being known: minutes, for some days."""
    minutes = 1.0 + rng.exponential(15.0, count)
    days = np.where(rng.random(count) < LATE_SHARE, rng.uniform(1.0, 6.0, count), 0.0)
    return np.asarray(np.floor(minutes * MINUTE_US + days * DAY_US), dtype=np.int64)


def _booked(history: History, horizon: Horizon, rng: np.random.Generator) -> Rows:
    """The booked movements before the end of the history, with running balances."""
    user, day, slot = np.nonzero(history.flows.transpose(2, 0, 1))
    posted = horizon.midnights_us(ZONES)[history.homes.zone[user], day]
    posted += _time_of_day(history, user, day, slot, rng)
    amount = history.flows[day, slot, user].astype(np.int64)
    lag = ingestion_lag(len(user), rng)
    savings = np.array([item.savings for item in SLOTS])[slot]
    order = np.lexsort((posted, savings, user))
    order = order[posted[order] < horizon.end_us]
    user, slot, posted, amount, savings = (part[order] for part in (user, slot, posted, amount, savings))
    return Rows(
        user=user,
        slot=slot,
        number=_rank(user),
        version=np.ones(len(user), dtype=np.int64),
        posted=posted,
        ingested=np.minimum(posted + lag[order], horizon.end_us - 1),
        amount=amount,
        balance=history.opening[savings.astype(np.int64), user] + _running(amount, 2 * user + savings),
        has_balance=np.ones(len(user), dtype=bool),
        pending=np.zeros(len(user), dtype=bool),
        voided=np.zeros(len(user), dtype=bool),
    )


def _time_of_day(history: History, user: Ints, day: Ints, slot: Ints, rng: np.random.Generator) -> Ints:
    """Microseconds after local midnight; payouts and repayments at the minute of their own records."""
    hours = np.array([item.hours for item in SLOTS])[slot]
    moment = hours[:, 0] + (hours[:, 1] - hours[:, 0]) * rng.random(len(slot))
    micro = np.floor(moment * 60 * MINUTE_US).astype(np.int64)
    repaid = slot == INDEX["repayment"]
    micro[repaid] = history.repayment_minute[day[repaid], user[repaid]] * MINUTE_US
    requested = np.zeros(history.flows.shape[::2], dtype=np.int64)
    requested[history.advances.day, history.advances.user] = history.advances.minute
    paid_out = slot == INDEX["payout"]
    micro[paid_out] = (requested[day[paid_out], user[paid_out]] + 5) * MINUTE_US
    return np.asarray(micro, dtype=np.int64)


def _rank(user: Ints) -> Ints:
    """1, 2, 3 ... within each user; `user` is sorted."""
    first = np.searchsorted(user, user)
    return np.asarray(np.arange(1, len(user) + 1) - first)


def _running(amount: Ints, account: Ints) -> Ints:
    """Running sums within each account; `account` is sorted."""
    total = np.cumsum(amount)
    first = np.searchsorted(account, account)
    return np.asarray(total - (total - amount)[first])


def _pending(rows: Rows, rng: np.random.Generator) -> Rows:
    """The first versions of rows that were pending: earlier, without a balance, maybe another amount."""
    changed = rng.random(len(rows)) < CHANGED_SHARE
    factor = np.where(changed, rng.uniform(0.8, 1.15, len(rows)), 1.0)
    posted = rows.posted - np.floor(rng.uniform(0.5, 2.5, len(rows)) * DAY_US).astype(np.int64)
    return replace(
        rows,
        version=np.ones_like(rows.version),
        posted=posted,
        ingested=np.minimum(posted + ingestion_lag(len(rows), rng), rows.ingested - MINUTE_US),
        amount=np.minimum(np.rint(rows.amount * factor).astype(np.int64), -1),
        has_balance=np.zeros(len(rows), dtype=bool),
        pending=np.ones(len(rows), dtype=bool),
    )


def _reversed(rows: Rows, counts: Ints, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Erroneous copies of rows, half of them pending, and their withdrawals (version 2, voided).

    `counts` is the number of booked rows by user.
    They carry no balance: the bank never counted them.
    """
    posted = rows.posted + rng.integers(1, 5 * MINUTE_US, len(rows))
    error = replace(
        rows,
        number=counts[rows.user] + _rank(rows.user),
        posted=posted,
        ingested=posted + rng.integers(MINUTE_US, 30 * MINUTE_US, len(rows)),
        has_balance=np.zeros(len(rows), dtype=bool),
        pending=rng.random(len(rows)) < 0.5,
    )
    after = np.floor(rng.uniform(1.0, 4.0, len(rows)) * DAY_US).astype(np.int64)
    withdrawal = replace(
        error,
        version=np.full(len(rows), 2),
        ingested=error.ingested + after,
        voided=np.ones(len(rows), dtype=bool),
    )
    return error, withdrawal


def _concatenate(parts: list[Rows]) -> Rows:
    return Rows(**{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Rows)})
