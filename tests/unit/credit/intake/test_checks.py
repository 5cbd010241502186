from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from credit.intake.amounts import exponents_of, read_minor
from credit.intake.checks import Owners, Surroundings, check
from credit.intake.faults import Faults
from credit.intake.layout import ACCOUNTS, ADVANCES, FX_RATES, REPAYMENTS, TRANSACTIONS
from credit.intake.times import read_time
from credit.money import MoneyError, to_minor

NOW = datetime(2024, 6, 1, tzinfo=UTC)
AROUND = Surroundings(NOW, Owners(("a1", "a2"), (11, 12), ("USD", "JPY")), ("Europe/Prague",))

TRANSACTION = {
    "transaction_id": "t1",
    "account_id": "a1",
    "posted_at": "2024-05-01T09:00:00+02:00",
    "amount": "-12.50",
    "currency": "USD",
    "balance_after": "100.5",
    "category": "groceries",
    "status": "posted",
}
ADVANCE = {
    "advance_id": "v1",
    "account_id": "a1",
    "requested_at": "2024-05-01T09:00:00Z",
    "due_at": "2024-07-01T09:00:00Z",
    "amount": "100",
    "fee": "5",
    "currency": "USD",
}
REPAYMENT = {
    "repayment_id": "r1",
    "advance_id": "a1",
    "paid_at": "2024-05-02T09:00:00Z",
    "amount": "50",
    "currency": "USD",
}
ACCOUNT = {
    "account_id": "a9",
    "subject_id": "u9",
    "currency": "CZK",
    "timezone": "Europe/Prague",
    "opened_at": "2020-01-01 00:00+01",
}
RATE = {"base": "EUR", "quote": "USD", "valid_at": "2024-05-01T00:00:00Z", "rate": "1.0825"}


def faults_of(layout, row, **changes):
    table = pa.table({name: pa.array([value]) for name, value in {**row, **changes}.items()})
    return [(column, reason) for _, column, reason in check(table, layout, AROUND)[1].listed()]


def test_a_sound_row_in_the_types_of_the_database():
    values, faults = check(pa.table({k: [v] for k, v in TRANSACTION.items()}), TRANSACTIONS, AROUND)

    assert faults.listed() == []
    assert {name: value.to_pylist() for name, value in values.items()} == {
        "transaction_id": ["t1"],
        "account_id": [11],
        "posted_at": [datetime(2024, 5, 1, 7, tzinfo=UTC)],
        "amount": [-1250],
        "currency": ["USD"],
        "balance_after": [10050],
        "category": ["groceries"],
        "status": ["posted"],
        "version": [1],
        "voided": [False],
        "ingested_at": [None],
    }


def test_balances_are_in_the_currency_of_the_account():
    row = {**TRANSACTION, "account_id": "a2", "balance_after": "1500"}
    values, faults = check(pa.table({k: [v] for k, v in row.items()}), TRANSACTIONS, AROUND)

    assert (faults.listed(), values["amount"].to_pylist(), values["balance_after"].to_pylist()) == ([], [-1250], [1500])


@pytest.mark.parametrize(
    ("layout", "row", "changes", "fault"),
    [
        (TRANSACTIONS, TRANSACTION, {"amount": None}, ("amount", "is missing")),
        (TRANSACTIONS, TRANSACTION, {"amount": "12,50"}, ("amount", "is not an amount in major units such as -12.50")),
        (TRANSACTIONS, TRANSACTION, {"amount": "NaN"}, ("amount", "is not an amount in major units such as -12.50")),
        (TRANSACTIONS, TRANSACTION, {"amount": "0.125"}, ("amount", "has more decimals than its currency")),
        (TRANSACTIONS, TRANSACTION, {"amount": 0.125}, ("amount", "has more decimals than its currency")),
        (
            TRANSACTIONS,
            TRANSACTION,
            {"amount": float("inf")},
            ("amount", "is not an amount in major units such as -12.50"),
        ),
        (TRANSACTIONS, TRANSACTION, {"amount": Decimal("0.125")}, ("amount", "has more decimals than its currency")),
        (TRANSACTIONS, TRANSACTION, {"amount": "100000000000000"}, ("amount", "is 100000000000000 or more")),
        (
            TRANSACTIONS,
            TRANSACTION,
            {"amount": "1.5", "currency": "JPY"},
            ("amount", "has more decimals than its currency"),
        ),
        (TRANSACTIONS, TRANSACTION, {"currency": "usd"}, ("currency", "is no ISO 4217 currency")),
        (TRANSACTIONS, TRANSACTION, {"category": "food"}, ("category", "is no category (docs/data.md lists them)")),
        (TRANSACTIONS, TRANSACTION, {"status": "done"}, ("status", "is neither posted nor pending")),
        (TRANSACTIONS, TRANSACTION, {"account_id": "a3"}, ("account_id", "names no account that is loaded")),
        (TRANSACTIONS, TRANSACTION, {"transaction_id": "x" * 201}, ("transaction_id", "is longer than 200 characters")),
        *[
            (TRANSACTIONS, TRANSACTION, {"account_id": f"x{one}"}, ("account_id", "contains a control character"))
            for one in ("\0", "\t", "\x1f", "\x7f", "\x80", "\x85", "\x9f")
        ],
        (TRANSACTIONS, TRANSACTION, {"posted_at": "2024-06-01T00:00:01Z"}, ("posted_at", "lies in the future")),
        (
            TRANSACTIONS,
            TRANSACTION,
            {"posted_at": "2024-05-01T09:00:00"},
            ("posted_at", "has no offset from UTC: write one, such as 2024-05-01T09:00:00+02:00"),
        ),
        (
            TRANSACTIONS,
            TRANSACTION,
            {"posted_at": datetime(2024, 5, 1)},  # noqa: DTZ001 - a naive time is the subject
            ("posted_at", "has no offset from UTC: write one, such as 2024-05-01T09:00:00+02:00"),
        ),
        (
            TRANSACTIONS,
            TRANSACTION,
            {"posted_at": "2024-02-30T09:00:00Z"},
            ("posted_at", "is not a time such as 2024-05-01T09:00:00+02:00"),
        ),
        (
            TRANSACTIONS,
            TRANSACTION,
            {"posted_at": "yesterday"},
            ("posted_at", "is not a time such as 2024-05-01T09:00:00+02:00"),
        ),
        (TRANSACTIONS, TRANSACTION, {"version": "0"}, ("version", "is below 1: versions count from 1")),
        (TRANSACTIONS, TRANSACTION, {"version": "1.5"}, ("version", "is not a whole number from 1")),
        (TRANSACTIONS, TRANSACTION, {"voided": "maybe"}, ("voided", "is neither true nor false")),
        (ADVANCES, ADVANCE, {"amount": "0"}, ("amount", "is not above 0")),
        (ADVANCES, ADVANCE, {"fee": "-1"}, ("fee", "is below 0")),
        (ADVANCES, ADVANCE, {"due_at": "2024-05-01T09:00:00Z"}, ("due_at", "is not after requested_at")),
        (
            ADVANCES,
            ADVANCE,
            {"written_off_at": "2024-04-01T09:00:00Z"},
            ("written_off_at", "lies before requested_at"),
        ),
        (REPAYMENTS, REPAYMENT, {"amount": "-5"}, ("amount", "is not above 0")),
        (REPAYMENTS, REPAYMENT, {"advance_id": "v7"}, ("advance_id", "names no advance that is loaded")),
        (REPAYMENTS, REPAYMENT, {"currency": "EUR"}, ("currency", "is not the currency of the advance")),
        (ACCOUNTS, ACCOUNT, {"timezone": "Mars/Base"}, ("timezone", "is no time zone of the IANA database")),
        (FX_RATES, RATE, {"rate": "0"}, ("rate", "is not above 0")),
        (FX_RATES, RATE, {"rate": "-1"}, ("rate", "is not a rate such as 0.9215")),
        (FX_RATES, RATE, {"rate": float("nan")}, ("rate", "is not a rate such as 0.9215")),
    ],
)
def test_one_thing_wrong_is_refused_with_its_column_and_reason(layout, row, changes, fault):
    assert faults_of(layout, row, **changes) == [fault]


@pytest.mark.parametrize(
    ("layout", "row"),
    [(ACCOUNTS, ACCOUNT), (ADVANCES, ADVANCE), (REPAYMENTS, REPAYMENT), (FX_RATES, RATE)],
)
def test_each_kind_of_file_has_rows_without_fault(layout, row):
    assert faults_of(layout, row) == []


def test_every_form_of_a_time_with_offset_is_read():
    texts = ["2024-05-01T09:00Z", "2024-05-01 11:00:00+02", "2024-05-01T11:00:00.0+0200", "2024-05-01T05:30:00-03:30"]
    faults = Faults(4)

    assert read_time(pa.array(texts), faults, "t").to_pylist() == [datetime(2024, 5, 1, 9, tzinfo=UTC)] * 4
    assert faults.listed() == []


def test_a_wrong_time_does_not_spoil_its_neighbours():
    faults = Faults(3)
    texts = ["2024-02-30T00:00:00Z", None, "2024-03-01T00:00:00Z"]

    assert read_time(pa.array(texts), faults, "t").to_pylist() == [None, None, datetime(2024, 3, 1, tzinfo=UTC)]
    assert [at for at, _, _ in faults.listed()] == [0]


@given(
    st.lists(
        st.tuples(
            st.decimals(-(10**14) + 1, 10**14 - 1, places=9) | st.decimals(-(10**6), 10**6, places=3),
            st.sampled_from(["USD", "JPY", "BHD", "CLF"]),
        ),
        min_size=1,
    )
)
def test_amounts_are_those_of_exact_arithmetic_or_refused(rows):
    faults = Faults(len(rows))
    texts = pa.array([f"{amount:f}" for amount, _ in rows])
    minor = read_minor(texts, exponents_of(pa.array([code for _, code in rows])), faults, "amount").to_pylist()

    assert [value if sound else None for value, sound in zip(minor, faults.sound, strict=True)] == [
        _exact(amount, currency) for amount, currency in rows
    ]


@given(st.lists(st.integers(-(10**14) + 1, 10**14 - 1), min_size=1), st.sampled_from(["USD", "JPY", "BHD"]))
@example([983_084_701_403], "USD")
def test_binary_floats_stand_for_the_minor_units_they_were_made_from(units, currency):
    places = int(exponents_of(pa.array([currency]))[0])
    floats = pa.array([unit / 10**places for unit in units])
    faults = Faults(len(units))
    exponents = np.full(len(units), places, np.int8)

    assert (read_minor(floats, exponents, faults, "amount").to_pylist(), faults.listed()) == (units, [])


def _exact(amount, currency):
    try:
        return to_minor(amount, currency)
    except MoneyError:
        return None
