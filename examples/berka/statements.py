"""Statements of the bank's accounts as transactions of a lender."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby

from bank import CURRENCY, NOON, Row, bank_date, local

ROUNDING = Decimal("0.1")
"""The bank rounds balances to a tenth of a crown, and interest before it is added."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """A line of transactions.parquet."""

    transaction_id: str
    account_id: str
    posted_at: datetime
    amount: Decimal
    currency: str
    balance_after: Decimal
    category: str


@dataclass(frozen=True, slots=True)
class Movement:
    """A row of an account's statement as the bank has it, but for the codes: amounts are signed."""

    transaction_id: str
    account_id: str
    day: date
    amount: Decimal
    balance: Decimal
    category: str


INCOMING = {"PRIJEM", "credit"}
OUTGOING = {"VYDAJ", "VYBER", "withdrawal", "withdrawal in cash"}

PURPOSES = {
    "UROK": "interest",
    "interest credited": "interest",
    "SANKC. UROK": "overdraft_fee",
    "sanction interest if negative balance": "overdraft_fee",
    "SLUZBY": "fee",
    "payment for statement": "fee",
    "SIPO": "utilities",
    "household": "utilities",
    "POJISTNE": "insurance",
    "insurrance payment": "insurance",
    "UVER": "loan_payment",
    "loan payment": "loan_payment",
    "DUCHOD": "benefit",
    "old-age pension": "benefit",
}
"""The bank's k_symbol, in Czech and in English, where it says what the money is for."""

OPERATIONS = {
    "VKLAD": "cash_in",
    "credit in cash": "cash_in",
    "PREVOD Z UCTU": "salary",
    "collection from another bank": "salary",
    "VYBER": "cash_out",
    "withdrawal in cash": "cash_out",
    "VYBER KARTOU": "cash_out",
    "credit card withdrawal": "cash_out",
    "PREVOD NA UCET": "transfer_out",
    "remittance to another bank": "transfer_out",
}
"""The bank's operation, for rows without a k_symbol."""


def category(operation: str, purpose: str) -> str:
    """The lender's category of a row.

    Raises:
        ValueError: for a code that the bank's documentation does not name.
    """
    found = PURPOSES.get(purpose.strip()) if purpose.strip() else OPERATIONS.get(operation)
    if found is None:
        raise ValueError(f"no category for operation {operation!r} with k_symbol {purpose!r}")
    return found


def transactions(*statements: Iterable[Row]) -> list[Transaction]:
    """The rows of all statements, each once, in an order and at times that keep the balances consistent.

    Raises:
        ValueError: where two statements tell different things of one row.
    """
    movements: dict[str, Movement] = {}
    for row in (row for statement in statements for row in statement):
        movement = _movement(row)
        if movements.setdefault(movement.transaction_id, movement) != movement:
            raise ValueError(f"trans_id {movement.transaction_id} stands twice with different content")
    by_account = sorted(movements.values(), key=lambda m: (int(m.account_id), m.day, int(m.transaction_id)))
    return [line for _, rows in groupby(by_account, lambda m: m.account_id) for line in _timed(rows)]


def _movement(row: Row) -> Movement:
    if row["type"] not in INCOMING | OUTGOING:
        raise ValueError(f"trans_id {row['trans_id']}: unknown type {row['type']!r}")
    sign = 1 if row["type"] in INCOMING else -1
    return Movement(
        transaction_id=row["trans_id"],
        account_id=row["account_id"],
        day=bank_date(row["date"]),
        amount=sign * Decimal(row["amount"]),
        balance=Decimal(row["balance"]),
        category=category(row["operation"], row["k_symbol"]),
    )


def _timed(rows: Iterable[Movement]) -> Iterator[Transaction]:
    """One account's rows: the first of a day at noon, the others a minute apart."""
    balance = Decimal(0)
    for day, of_day in groupby(rows, lambda movement: movement.day):
        ordered = in_balance_order(list(of_day), balance)
        balance = ordered[-1].balance
        for position, movement in enumerate(ordered):
            posted_at = local(day, NOON) + timedelta(minutes=position)
            yield Transaction(
                movement.transaction_id,
                movement.account_id,
                posted_at,
                movement.amount,
                CURRENCY,
                movement.balance,
                movement.category,
            )


def in_balance_order(rows: Sequence[Movement], before: Decimal) -> list[Movement]:
    """A day's rows so that each balance follows from the one before.

    The bank gives days only, and within a day its files are not in the order of the balances. Where no order
    follows from `before` (rows are missing), one that begins anywhere; where there is none, that of the ids.
    """
    starts = [before, *(row.balance - row.amount for row in rows)]
    chains = (_chain(rows, start) for start in starts)
    return next((chain for chain in chains if chain is not None), list(rows))


def _chain(rows: Sequence[Movement], before: Decimal) -> list[Movement] | None:
    if not rows:
        return []
    for at, row in enumerate(rows):
        if abs(before + row.amount - row.balance) <= ROUNDING:
            rest = _chain([*rows[:at], *rows[at + 1 :]], row.balance)
            if rest is not None:
                return [row, *rest]
    return None
