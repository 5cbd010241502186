"""Accounts and loans of the bank as accounts, advances and repayments of a lender."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from bank import CURRENCY, MIDNIGHT, NOON, PRAGUE, Row, bank_date, local, months_later

OBSERVED_ON = date(1998, 12, 31)
"""The day on which the bank looked at its loans: the status of each is that of this day."""

STATEMENTS_END = date(1994, 3, 31)
"""The last day of the statements of accounts that were open then; of later accounts there are those before a loan."""


@dataclass(frozen=True, slots=True)
class Account:
    """A line of accounts.csv; voided is one whose statements have ended for the time being."""

    account_id: str
    subject_id: str
    currency: str
    timezone: str
    opened_at: datetime
    version: int
    voided: bool
    ingested_at: datetime


@dataclass(frozen=True, slots=True)
class Advance:
    """A line of advances.csv."""

    advance_id: str
    account_id: str
    requested_at: datetime
    due_at: datetime
    amount: Decimal
    fee: Decimal
    currency: str
    written_off_at: datetime | None
    version: int
    ingested_at: datetime


@dataclass(frozen=True, slots=True)
class Repayment:
    """A line of repayments.csv."""

    repayment_id: str
    advance_id: str
    paid_at: datetime
    amount: Decimal
    currency: str


def accounts(account_rows: Iterable[Row], disposition_rows: Iterable[Row]) -> list[Account]:
    """Every account with its owner as the subject; others who may use it are left out.

    An account that was open when the statements end is voided from the next noon on (version 2): what came later
    is not in the files, and nobody may take its silence for a quiet account. On the day of observation it is there
    again (version 3), since its loan's outcome counts.
    """
    owners = {row["account_id"]: row["client_id"] for row in disposition_rows if row["type"] == "OWNER"}
    opened = [_opened(row, owners[row["account_id"]]) for row in account_rows]
    return [line for account in opened for line in (account, *_ended(account))]


def _opened(row: Row, owner: str) -> Account:
    at = local(bank_date(row["date"]), MIDNIGHT)
    return Account(row["account_id"], owner, CURRENCY, PRAGUE.key, at, version=1, voided=False, ingested_at=at)


def _ended(account: Account) -> list[Account]:
    after = STATEMENTS_END + timedelta(days=1)
    if account.opened_at >= local(after, MIDNIGHT):
        return []
    return [
        replace(account, version=2, voided=True, ingested_at=local(after, NOON)),
        replace(account, version=3, voided=False, ingested_at=local(OBSERVED_ON, NOON)),
    ]


def advances(loan_rows: Iterable[Row]) -> list[Advance]:
    """Version 1 of every loan as it was granted, and version 2 of those that were written off."""
    granted = [(row, _granted(row)) for row in loan_rows]
    return [line for row, loan in granted for line in (loan, *_written_off(row["status"], loan))]


def repayments(loan_rows: Iterable[Row]) -> list[Repayment]:
    """One repayment in full, at the end of the contract, of every loan that ended without trouble (status A)."""
    fine = [_granted(row) for row in loan_rows if row["status"] == "A"]
    return [Repayment(loan.advance_id, loan.advance_id, loan.due_at, loan.amount, CURRENCY) for loan in fine]


def _granted(row: Row) -> Advance:
    day = bank_date(row["date"])
    requested_at = local(day, MIDNIGHT)
    return Advance(
        advance_id=row["loan_id"],
        account_id=row["account_id"],
        requested_at=requested_at,
        due_at=local(months_later(day, int(row["duration"])), NOON),
        amount=Decimal(row["amount"]),
        fee=Decimal(0),
        currency=CURRENCY,
        written_off_at=None,
        version=1,
        ingested_at=requested_at,
    )


def _written_off(status: str, loan: Advance) -> list[Advance]:
    """Status B ended unpaid; status D was in debt on the day of observation; A and C have no second version."""
    at = {"A": None, "B": loan.due_at, "C": None, "D": local(OBSERVED_ON, NOON)}[status]
    return [] if at is None else [replace(loan, written_off_at=at, version=2, ingested_at=at)]
