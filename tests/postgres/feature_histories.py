"""Hypothesis strategies for histories: late, corrected, moved, voided and pending rows in several zones and monies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.postgres.feature_records import Account, Advance, Fact, History, Rate, Repayment, Transaction, known_from

BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)
ENDING = datetime(2024, 4, 15, tzinfo=UTC)

# Havana's clocks go back at 1:00, so that midnight occurs twice; New York and Havana go forward in March.
ZONES = ("UTC", "America/New_York", "America/Havana", "Asia/Tokyo", "Pacific/Apia")
CATEGORIES = (
    *("salary", "salary", "salary", "benefit", "transfer_in", "refund", "rent", "utilities", "groceries", "cash_out"),
    *("loan_payment", "overdraft_fee", "gambling", "advance_payout", "advance_repayment", "other"),
)

hours = st.integers(0, int((ENDING - BEGINNING) / timedelta(hours=1)))
moments = st.builds(
    lambda hour, minute: BEGINNING + timedelta(hours=hour, minutes=minute), hours, st.just(0) | st.integers(0, 59)
)
delays = st.sampled_from((0, 1, 30, 24 * 3, 24 * 20)).map(lambda number: timedelta(hours=number))
currencies = st.sampled_from(("USD", "USD", "USD", "EUR", "JPY"))

RATES = (
    Rate("EUR", "USD", datetime(2024, 1, 5, tzinfo=UTC), Decimal("1.0943"), datetime(2024, 1, 6, tzinfo=UTC)),
    Rate("EUR", "USD", datetime(2024, 2, 5, tzinfo=UTC), Decimal("1.0757"), datetime(2024, 2, 6, tzinfo=UTC)),
    Rate(
        "EUR", "USD", datetime(2024, 2, 5, tzinfo=UTC), Decimal("1.0758"), datetime(2024, 2, 9, tzinfo=UTC), version=2
    ),
    Rate("EUR", "USD", datetime(2024, 3, 1, tzinfo=UTC), Decimal(99), datetime(2024, 3, 1, tzinfo=UTC)),
    Rate("EUR", "USD", datetime(2024, 3, 1, tzinfo=UTC), Decimal(99), datetime(2024, 3, 2, tzinfo=UTC), 2, voided=True),
    Rate("USD", "EUR", datetime(2024, 3, 9, tzinfo=UTC), Decimal("0.9143"), datetime(2024, 3, 10, tzinfo=UTC)),
    Rate("USD", "JPY", datetime(2024, 2, 1, tzinfo=UTC), Decimal("146.42"), datetime(2024, 2, 1, tzinfo=UTC)),
)
"""Rates known to all histories; none before January 6 and no yen before February."""


@st.composite
def histories(draw: st.DrawFn, most: int = 30) -> History:
    accounts = [
        Account(f"a{index}", BEGINNING, draw(currencies), draw(st.sampled_from(ZONES)))
        for index in range(draw(st.integers(1, 2)))
    ]
    names = st.sampled_from([account.provider_id for account in accounts])
    least = draw(st.sampled_from((0, most // 2)))
    rows = draw(st.lists(transactions(names), min_size=least, max_size=most, unique_by=lambda row: row.provider_id))
    loans = draw(st.lists(advances(names), max_size=3, unique_by=lambda row: row.provider_id))
    paid = [part for loan in loans for part in draw(st.lists(repayments(loan), max_size=2, unique_by=_name))]
    return History(
        accounts,
        with_corrections(draw, rows, "posted_at"),
        with_corrections(draw, loans, "requested_at"),
        with_corrections(draw, paid, "paid_at"),
        RATES,
    )


def _name(row: Repayment) -> str:
    return row.provider_id


@st.composite
def transactions(draw: st.DrawFn, accounts: st.SearchStrategy[str]) -> Transaction:
    moment = draw(moments)
    size = draw(st.integers(1, 300_000))
    category = draw(st.sampled_from(CATEGORIES))
    comes_in = category in {"salary", "benefit", "transfer_in", "refund", "advance_payout"}
    return Transaction(
        draw(accounts),
        str(draw(st.integers(1, 2000))),
        moment,
        size if comes_in else -size,
        moment + draw(delays),
        category,
        draw(st.none() | st.integers(-50_000, 500_000)),
        draw(currencies),
        draw(st.sampled_from(("posted", "posted", "posted", "pending"))),
    )


@st.composite
def advances(draw: st.DrawFn, accounts: st.SearchStrategy[str]) -> Advance:
    requested = draw(moments)
    due = requested + timedelta(days=draw(st.integers(1, 40)))
    number = str(draw(st.integers(1, 2000)))
    return Advance(draw(accounts), number, requested, due, requested + draw(delays), currency=draw(currencies))


@st.composite
def repayments(draw: st.DrawFn, advance: Advance) -> Repayment:
    paid = advance.due_at + timedelta(hours=draw(st.integers(-100, 300)))
    amount = draw(st.sampled_from((10_500, 10_399, 5_250)))
    number = str(draw(st.integers(1, 50)))
    return Repayment(advance.thing, number, paid, amount, paid + draw(delays), advance.currency)


def with_corrections(draw: st.DrawFn, rows: list[Fact], moved: str) -> list[Fact]:
    """The rows, some followed by further versions: voided, with another amount, or moved to another time."""
    corrected = list(rows)
    for row in rows:
        versions = range(2, 2 + draw(st.sampled_from((0, 0, 0, 1, 2))))
        corrected += [draw(corrections(row, version, moved)) for version in versions]
    return corrected


@st.composite
def corrections(draw: st.DrawFn, row: Fact, version: int, moved: str) -> Fact:
    changes: dict[str, object] = {"version": version, "ingested_at": row.ingested_at + draw(delays) * version}
    change = draw(st.sampled_from(("void", "move", "amount")))
    if change == "void":
        changes["voided"] = True
    elif change == "amount":
        changes["amount"] = row.amount * 2
    elif moved == "requested_at":
        changes[moved] = row.requested_at - timedelta(days=draw(st.integers(0, 100)))
    else:
        changes[moved] = draw(moments)
    corrected = replace(row, **changes)
    return replace(corrected, ingested_at=known_from(corrected, corrected.ingested_at))


as_ofs = st.builds(
    lambda day, hour: datetime(2024, 2, 1, tzinfo=UTC) + timedelta(days=day, hours=hour),
    st.integers(0, 80),
    st.integers(0, 23),
)
