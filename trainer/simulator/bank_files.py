"""Accounts and transactions in the columns of the lender's files."""

import numpy as np
import pyarrow as pa

from trainer.simulator import columns
from trainer.simulator.cash_flow import History
from trainer.simulator.currencies import CURRENCIES, ZONES
from trainer.simulator.horizon import DAY_US, Horizon, Ints
from trainer.simulator.provider import Rows
from trainer.simulator.slots import SLOTS

CODES = tuple(currency.code for currency in CURRENCIES)
CATEGORIES = tuple(slot.category for slot in SLOTS)
STATUSES = ("posted", "pending")
OPENED_DAYS_BEFORE = (200, 3000)


def account_ids(user: Ints, savings: Ints) -> pa.Array:
    """`a000001-1` for the main account of user index 0, `a000001-2` for the savings account."""
    return columns.identifiers("a", (user + 1, 6), (savings + 1, 1))


def account_table(history: History, horizon: Horizon, rng: np.random.Generator) -> pa.Table:
    """The accounts file: one account a user, two for savers."""
    homes = history.homes
    savings, user = np.nonzero(np.stack([np.ones(len(homes), dtype=bool), homes.saves]))
    age = rng.integers(*OPENED_DAYS_BEFORE, (2, len(homes))) * DAY_US + rng.integers(0, DAY_US, (2, len(homes)))
    order = np.lexsort((savings, user))
    savings, user = savings[order], user[order]
    opened = columns.times(horizon.start_us - age[savings, user])
    currency = np.where(savings == 1, homes.savings_currency[user], homes.currency[user])
    return pa.table(
        {
            "account_id": account_ids(history.first_user + user, savings),
            "subject_id": columns.identifiers("u", (history.first_user + user + 1, 6)),
            "currency": columns.choices(CODES, currency),
            "timezone": columns.choices(ZONES, homes.zone[user]),
            "opened_at": opened,
            "version": np.ones(len(user), dtype=np.int64),
            "voided": columns.flags(np.zeros(len(user), dtype=bool)),
            "ingested_at": opened,
        }
    )


def transaction_table(history: History, rows: Rows) -> pa.Table:
    """The transactions file."""
    homes = history.homes
    savings = np.array([slot.savings for slot in SLOTS])[rows.slot].astype(np.int64)
    currency = np.where(savings == 1, homes.savings_currency[rows.user], homes.currency[rows.user])
    user = history.first_user + rows.user
    return pa.table(
        {
            "transaction_id": columns.identifiers("t", (user + 1, 6), (rows.number, 6)),
            "account_id": account_ids(user, savings),
            "posted_at": columns.times(rows.posted),
            "amount": columns.decimals(rows.amount),
            "currency": columns.choices(CODES, currency),
            "balance_after": columns.decimals(rows.balance, missing=~rows.has_balance),
            "category": columns.choices(CATEGORIES, rows.slot),
            "status": columns.choices(STATUSES, rows.pending.astype(np.int64)),
            "version": rows.version,
            "voided": columns.flags(rows.voided),
            "ingested_at": columns.times(rows.ingested),
        }
    )
