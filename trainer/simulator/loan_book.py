"""Advances and repayments as the lender's own records show them, with every version as it became known."""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pyarrow as pa

from trainer.simulator import columns
from trainer.simulator.bank_files import CODES, account_ids
from trainer.simulator.cash_flow import History
from trainer.simulator.currencies import ZONES
from trainer.simulator.horizon import DAY_US, MINUTE_US, Bools, Horizon, Ints
from trainer.simulator.lending import NEVER
from trainer.simulator.provider import ingestion_lag

EXTENSION_KNOWN_MINUTE = 9 * 60
WRITE_OFF_MINUTE = 10 * 60
BOUNCE_MINUTE = 9 * 60
LAST_MINUTE = 24 * 60 - 1
"""An advance is due by the last minute of its local day."""
SLOWEST_REPAYMENT_US = 2 * DAY_US
"""A repayment is known two days after it was made at the latest."""


@dataclass(frozen=True)
class Clock:
    """Turns (user, local day, local minute) into microseconds since 1970 UTC, also after the history's end."""

    midnights: Ints
    zone: Ints
    """Zone of each user."""

    def at(self, user: Ints, day: Ints, minute: Ints | int) -> Ints:
        """The moment; days past the table are clipped to its last."""
        known = np.clip(day, 0, self.midnights.shape[1] - 1)
        return np.asarray(self.midnights[self.zone[user], known] + np.asarray(minute) * MINUTE_US)


def clock(history: History, horizon: Horizon) -> Clock:
    """A clock that reaches 200 days past the end."""
    longer = replace(horizon, end=horizon.end + timedelta(days=200))
    return Clock(longer.midnights_us(ZONES), history.homes.zone)


def advance_ids(history: History, row: Ints) -> pa.Array:
    """`adv000001-001`: the first advance of user index 0."""
    loans = history.advances
    return columns.identifiers("adv", (history.first_user + loans.user[row] + 1, 6), (loans.number[row], 3))


def advance_table(history: History, time: Clock, horizon: Horizon) -> pa.Table:
    """The advances file; an extension and a write-off each add a version when they become known."""
    loans = history.advances
    requested = time.at(loans.user, loans.day, loans.minute)
    due = time.at(loans.user, loans.due, LAST_MINUTE)
    extended, lost = loans.extended_days > 0, loans.written_off < NEVER
    known = np.stack(
        [
            requested + MINUTE_US // 2,
            time.at(loans.user, loans.due, EXTENSION_KNOWN_MINUTE),
            time.at(loans.user, loans.written_off, WRITE_OFF_MINUTE) + MINUTE_US,
        ]
    )
    exists = np.stack([np.ones(len(requested), dtype=bool), extended, lost]) & (known < horizon.end_us)
    row, event = np.nonzero(exists.T)
    written_off = time.at(loans.user, loans.written_off, WRITE_OFF_MINUTE)[row]
    return pa.table(
        {
            **_loan_terms(history, row, requested, due),
            "written_off_at": columns.times(written_off, event < 2),
            "extended_due_at": columns.times(
                due[row] + loans.extended_days[row] * DAY_US, (event == 0) | ~extended[row]
            ),
            "version": np.cumsum(exists, axis=0)[event, row],
            "voided": columns.flags(np.zeros(len(row), dtype=bool)),
            "ingested_at": columns.times(known[event, row]),
        }
    )


def _loan_terms(history: History, row: Ints, requested: Ints, due: Ints) -> dict[str, pa.Array]:
    """The columns that no version changes."""
    loans = history.advances
    user = loans.user[row]
    return {
        "advance_id": advance_ids(history, row),
        "account_id": account_ids(history.first_user + user, np.zeros_like(user)),
        "requested_at": columns.times(requested[row]),
        "due_at": columns.times(due[row]),
        "amount": columns.decimals(loans.principal[row]),
        "fee": columns.decimals(loans.fee[row]),
        "currency": columns.choices(CODES, history.homes.currency[user]),
    }


def repayment_table(history: History, time: Clock, horizon: Horizon, rng: np.random.Generator) -> pa.Table:
    """The repayments file; a payment that the bank returns is a second, voided version two to four days on."""
    loans, paid = history.advances, _payments(history, time)
    lag = np.minimum(ingestion_lag(len(paid.row), rng), SLOWEST_REPAYMENT_US)
    known = np.minimum(paid.at + lag, horizon.end_us - 1)
    withdrawn = np.floor(known + rng.uniform(2.0, 4.0, len(known)) * DAY_US).astype(np.int64)
    bounced = np.flatnonzero(paid.bounced & (withdrawn < horizon.end_us))
    keep = np.concatenate([np.arange(len(paid.row)), bounced])
    voided = np.arange(len(keep)) >= len(paid.row)
    order = np.flatnonzero(paid.at[keep] < horizon.end_us)
    order = order[np.lexsort((voided[order], paid.number[keep][order], paid.row[keep][order]))]
    keep, voided = keep[order], voided[order]
    row, number = paid.row[keep], paid.number[keep]
    user = loans.user[row]
    return pa.table(
        {
            "repayment_id": columns.identifiers(
                "rep", (history.first_user + user + 1, 6), (loans.number[row], 3), (number, 1)
            ),
            "advance_id": advance_ids(history, row),
            "paid_at": columns.times(paid.at[keep]),
            "amount": columns.decimals(paid.amount[keep]),
            "currency": columns.choices(CODES, history.homes.currency[user]),
            "version": 1 + voided.astype(np.int64),
            "voided": columns.flags(voided),
            "ingested_at": columns.times(np.where(voided, withdrawn[keep], known[keep])),
        }
    )


@dataclass(frozen=True)
class _Payments:
    """Payments of the advances at `row`; number 0 is the attempt that bounced."""

    row: Ints
    number: Ints
    at: Ints
    amount: Ints
    bounced: Bools


def _payments(history: History, time: Clock) -> _Payments:
    loans = history.advances
    total = loans.principal + loans.fee
    amount = np.stack([np.where(loans.bounced, total, 0), *loans.repaid])
    number, row = np.nonzero(amount)
    day = np.stack([loans.due, *loans.repaid_day])[number, row]
    user = loans.user[row]
    inside = np.minimum(day, len(history.repayment_minute) - 1)
    minute = np.where(number == 0, BOUNCE_MINUTE, history.repayment_minute[inside, user])
    return _Payments(row, number, time.at(user, day, minute), amount[number, row], number == 0)


def truth_table(history: History, time: Clock) -> pa.Table:
    """What no lender has: the probabilities behind each advance, and the outcome that was drawn."""
    loans = history.advances
    return pa.table(
        {
            "advance_id": advance_ids(history, np.arange(len(loans.user))),
            "requested_at": columns.times(time.at(loans.user, loans.day, loans.minute)),
            "p_latent": loans.p_latent,
            "p_observable": loans.p_observable,
            "defaulted": columns.flags(loans.defaulted),
        }
    )
