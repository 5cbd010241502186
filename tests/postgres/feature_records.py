"""Plain rows of a lender's history, and their way into the database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Account:
    provider_id: str
    ingested_at: datetime
    currency: str = "USD"
    timezone: str = "UTC"
    version: int = 1
    voided: bool = False

    @property
    def thing(self) -> tuple[str, ...]:
        return (self.provider_id,)


@dataclass(frozen=True)
class Transaction:
    account: str
    provider_id: str
    posted_at: datetime
    amount: int
    ingested_at: datetime
    category: str = "other"
    balance_after: int | None = None
    currency: str = "USD"
    status: str = "posted"
    version: int = 1
    voided: bool = False

    @property
    def thing(self) -> tuple[str, ...]:
        return (self.account, self.provider_id)


@dataclass(frozen=True)
class Advance:
    account: str
    provider_id: str
    requested_at: datetime
    due_at: datetime
    ingested_at: datetime
    amount: int = 10_000
    fee: int = 500
    currency: str = "USD"
    version: int = 1
    voided: bool = False

    @property
    def thing(self) -> tuple[str, ...]:
        return (self.account, self.provider_id)


@dataclass(frozen=True)
class Repayment:
    advance: tuple[str, ...]
    provider_id: str
    paid_at: datetime
    amount: int
    ingested_at: datetime
    currency: str = "USD"
    version: int = 1
    voided: bool = False

    @property
    def thing(self) -> tuple[str, ...]:
        return (*self.advance, self.provider_id)


@dataclass(frozen=True)
class Rate:
    base: str
    quote: str
    valid_at: datetime
    rate: Decimal
    ingested_at: datetime
    version: int = 1
    voided: bool = False

    @property
    def thing(self) -> tuple[object, ...]:
        return (self.base, self.quote, self.valid_at)


Fact = TypeVar("Fact", Account, Transaction, Advance, Repayment, Rate)


@dataclass(frozen=True)
class History:
    """What is known of one subject; accounts are named by their provider's ids."""

    accounts: Sequence[Account] = ()
    transactions: Sequence[Transaction] = ()
    advances: Sequence[Advance] = ()
    repayments: Sequence[Repayment] = ()
    rates: Sequence[Rate] = field(default=())


_ACCOUNT = text("""
    INSERT INTO blink.accounts (portfolio, subject_id, provider_id, version, voided, currency, timezone, opened_at,
                                ingested_at, backfilled)
    VALUES ('cash_advance', :subject, :provider_id, :version, :voided, :currency, :timezone, '2020-01-01',
            :ingested_at, :backfilled)
""")
_TRANSACTION = text("""
    INSERT INTO blink.transactions (account_id, provider_id, version, voided, posted_at, amount, currency,
                                    balance_after, category, status, ingested_at, backfilled)
    SELECT account_id, :provider_id, :version, :voided, :posted_at, :amount, :currency, :balance_after, :category,
           :status, :ingested_at, :backfilled
    FROM blink.accounts WHERE portfolio = 'cash_advance' AND provider_id = :account AND version = 1
""")
_ADVANCE = text("""
    INSERT INTO blink.advances (account_id, provider_id, version, voided, requested_at, due_at, amount, fee, currency,
                                ingested_at, backfilled)
    SELECT account_id, :provider_id, :version, :voided, :requested_at, :due_at, :amount, :fee, :currency,
           :ingested_at, :backfilled
    FROM blink.accounts WHERE portfolio = 'cash_advance' AND provider_id = :account AND version = 1
""")
_REPAYMENT = text("""
    INSERT INTO blink.repayments (advance_id, provider_id, version, voided, paid_at, amount, currency, ingested_at,
                                  backfilled)
    SELECT v.advance_id, :provider_id, :version, :voided, :paid_at, :amount, :currency, :ingested_at, :backfilled
    FROM blink.advances AS v JOIN blink.accounts AS a USING (account_id)
    WHERE a.provider_id = :account AND v.provider_id = :advance_id AND v.version = 1
""")
_RATE = text("""
    INSERT INTO blink.fx_rates (base, quote, valid_at, version, voided, rate, ingested_at, backfilled)
    VALUES (:base, :quote, :valid_at, :version, :voided, :rate, :ingested_at, :backfilled)
""")


def write(connection: Connection, subject: str, history: History, *, backfilled: bool = True) -> None:
    """Write a history; where it is not backfilled the database stamps the time of now on it."""
    common = {"subject": subject, "backfilled": backfilled}
    for statement, facts in (
        (_ACCOUNT, history.accounts),
        (_TRANSACTION, history.transactions),
        (_ADVANCE, history.advances),
        (_RATE, history.rates),
    ):
        if facts:
            connection.execute(statement, [vars(fact) | common for fact in in_versions(facts)])
    for fact in in_versions(history.repayments):
        account, advance = fact.advance
        connection.execute(_REPAYMENT, vars(fact) | common | {"account": account, "advance_id": advance})


def in_versions(facts: Sequence[Fact]) -> list[Fact]:
    return sorted(facts, key=lambda fact: fact.version)


def known_from(row: object, claimed: datetime) -> datetime:
    """`claimed`, but not before the fact itself: the database refuses what is known before it happens."""
    own = (getattr(row, name, claimed) for name in ("posted_at", "requested_at", "paid_at"))
    return max(claimed, *own)
