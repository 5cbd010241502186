"""The Berka example's converter: the bank's rows in, a lender's rows out."""

import sys
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pyarrow import parquet

from credit.intake.layout import ACCOUNTS, ADVANCES, REPAYMENTS, TRANSACTIONS
from credit.intake.source import check_columns, open_file
from credit.portfolio_file import load_portfolio

REPOSITORY = Path(__file__).parents[3]
EXAMPLE = REPOSITORY / "examples" / "berka"
BANK = REPOSITORY.parent / "shared" / "data" / "berka"

sys.path.append(str(EXAMPLE))
import convert  # noqa: E402
from bank import months_later  # noqa: E402
from loans import Account, Advance, Repayment, accounts, advances, repayments  # noqa: E402
from statements import Transaction, category, transactions  # noqa: E402

HEADERS = {
    "account.asc": '"account_id";"district_id";"frequency";"date"',
    "disp.asc": '"disp_id";"client_id";"account_id";"type"',
    "loan.asc": '"loan_id";"account_id";"date";"amount";"duration";"payments";"status"',
    "trans_1993_1994q1.asc": '"trans_id";"account_id";"date";"type";"operation";"amount";"balance";"k_symbol"',
    "trans_preloan_1997_1998.csv": "trans_id;account_id;date;type;operation;amount;balance;k_symbol",
}
EXCERPT = {
    "account.asc": ['7;55;"POPLATEK MESICNE";930101', '8;60;"POPLATEK TYDNE";970105'],
    "disp.asc": ['1;70;7;"OWNER"', '2;71;7;"DISPONENT"', '3;80;8;"OWNER"'],
    "loan.asc": [
        '1;7;930711;96396;12;8033.00;"A"',
        '2;8;971031;30276;12;2523.00;"B"',
        '3;7;940105;165960;60;2766.00;"C"',
        '4;8;980131;127080;36;3530.00;"D"',
    ],
    "trans_1993_1994q1.asc": [
        '11;7;930101;"PRIJEM";"VKLAD";900.00;900.00;""',
        '14;7;930131;"VYDAJ";"VYBER";100.00;805.10;""',
        '13;7;930131;"PRIJEM";"";5.10;905.10;"UROK"',
        '12;7;930131;"VYDAJ";"VYBER";14.60;790.50;"SLUZBY"',
    ],
    "trans_preloan_1997_1998.csv": [
        "13;7;930131;credit;;5.10;905.10;interest credited",
        "21;8;970808;credit;collection from another bank;13841.00;13841.00;",
    ],
}


def write_bank(folder, files):
    for name, lines in files.items():
        (folder / name).write_text("\r\n".join([HEADERS[name], *lines, ""]), newline="")
    return folder


def rows(tmp_path, name):
    return convert.bank_rows(write_bank(tmp_path, {name: EXCERPT[name]}) / name)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_an_account_belongs_to_its_owner_and_is_void_after_its_statements_end(tmp_path):
    converted = accounts(rows(tmp_path, "account.asc"), rows(tmp_path, "disp.asc"))

    first = utc(1992, 12, 31, 23)
    later = utc(1997, 1, 4, 23)
    assert converted == [
        Account("7", "70", "CZK", "Europe/Prague", first, 1, False, first),
        Account("7", "70", "CZK", "Europe/Prague", first, 2, True, utc(1994, 4, 1, 10)),
        Account("7", "70", "CZK", "Europe/Prague", first, 3, False, utc(1998, 12, 31, 11)),
        Account("8", "80", "CZK", "Europe/Prague", later, 1, False, later),
    ]


def test_each_status_of_a_loan_becomes_what_was_known_and_when(tmp_path):
    ended, requested = utc(1998, 10, 31, 11), utc(1997, 10, 30, 23)
    assert advances(rows(tmp_path, "loan.asc")) == [
        _advance("1", "7", utc(1993, 7, 10, 22), utc(1994, 7, 11, 10), "96396"),
        _advance("2", "8", requested, ended, "30276"),
        _advance("2", "8", requested, ended, "30276", written_off_at=ended),
        _advance("3", "7", utc(1994, 1, 4, 23), utc(1999, 1, 5, 11), "165960"),
        _advance("4", "8", utc(1998, 1, 30, 23), utc(2001, 1, 31, 11), "127080"),
        _advance("4", "8", utc(1998, 1, 30, 23), utc(2001, 1, 31, 11), "127080", written_off_at=utc(1998, 12, 31, 11)),
    ]
    assert repayments(rows(tmp_path, "loan.asc")) == [Repayment("1", "1", utc(1994, 7, 11, 10), Decimal(96396), "CZK")]


def _advance(loan, account, requested_at, due_at, amount, *, written_off_at=None):
    version, known = (1, requested_at) if written_off_at is None else (2, written_off_at)
    return Advance(
        loan, account, requested_at, due_at, Decimal(amount), Decimal(0), "CZK", written_off_at, version, known
    )


def test_rows_of_a_day_follow_their_balances_and_stand_once(tmp_path):
    converted = transactions(rows(tmp_path, "trans_1993_1994q1.asc"), rows(tmp_path, "trans_preloan_1997_1998.csv"))

    assert converted == [
        _transaction("11", "7", utc(1993, 1, 1, 11), "900.00 -> 900.00", "cash_in"),
        _transaction("13", "7", utc(1993, 1, 31, 11), "5.10 -> 905.10", "interest"),
        _transaction("14", "7", utc(1993, 1, 31, 11, 1), "-100.00 -> 805.10", "cash_out"),
        _transaction("12", "7", utc(1993, 1, 31, 11, 2), "-14.60 -> 790.50", "fee"),
        _transaction("21", "8", utc(1997, 8, 8, 10), "13841.00 -> 13841.00", "salary"),
    ]


def _transaction(transaction, account, posted_at, money, kind):
    amount, balance = map(Decimal, money.split(" -> "))
    return Transaction(transaction, account, posted_at, amount, "CZK", balance, kind)


def test_rows_that_tell_two_different_things_are_refused(tmp_path):
    first = rows(tmp_path, "trans_1993_1994q1.asc")
    with pytest.raises(ValueError, match="trans_id 11 stands twice with different content"):
        transactions(first, [{**first[0], "amount": "901.00"}])


@pytest.mark.parametrize(
    ("operation", "purpose", "expected"),
    [
        ("PREVOD Z UCTU", "DUCHOD", "benefit"),
        ("PREVOD Z UCTU", "", "salary"),
        ("VYBER", "SANKC. UROK", "overdraft_fee"),
        ("VYBER KARTOU", "", "cash_out"),
        ("PREVOD NA UCET", " ", "transfer_out"),
        ("PREVOD NA UCET", "UVER", "loan_payment"),
        ("remittance to another bank", "insurrance payment", "insurance"),
        ("withdrawal in cash", "household", "utilities"),
    ],
)
def test_codes_in_czech_and_english(operation, purpose, expected):
    assert category(operation, purpose) == expected


def test_an_unknown_code_is_refused():
    with pytest.raises(ValueError, match="no category for operation 'PREVOD' with k_symbol ''"):
        category("PREVOD", "")


def test_months_end_on_their_last_day():
    assert months_later(date(1997, 11, 30), 3) == date(1998, 2, 28)
    assert months_later(date(1997, 12, 31), 12) == date(1998, 12, 31)


def test_the_files_are_those_of_a_lender(tmp_path):
    counts = convert.convert(write_bank(tmp_path, EXCERPT), tmp_path / "files")

    assert counts == {"accounts": 4, "transactions": 5, "advances": 6, "repayments": 1}
    names = ("accounts.csv", "transactions.parquet", "advances.csv", "repayments.csv")
    for name, layout in zip(names, (ACCOUNTS, TRANSACTIONS, ADVANCES, REPAYMENTS), strict=True):
        assert check_columns(open_file(tmp_path / "files" / name), layout) == ()


def test_the_portfolio_is_judged_by_cross_validation_with_write_offs_known_at_once():
    portfolio = load_portfolio(str(EXAMPLE / "portfolio.toml"))

    assert (portfolio.name, portfolio.currency, portfolio.ingestion_lag_hours) == ("berka", "CZK", 0)
    assert (portfolio.split.kind, portfolio.label.bads_known_early, portfolio.label.maturity_days) == (
        "cross_validation",
        True,
        30,
    )


@pytest.fixture
def bank(tmp_path):
    """The bank's files where they are, else the excerpt above, and what they hold."""
    if BANK.is_dir():
        statuses = {"A": 203, "B": 31, "C": 403, "D": 45}
        return BANK, statuses, {"accounts": 6958, "transactions": 79302, "advances": 758, "repayments": 203}, 1583
    excerpt = {"A": 1, "B": 1, "C": 1, "D": 1}
    counts = {"accounts": 4, "transactions": 5, "advances": 6, "repayments": 1}
    return write_bank(tmp_path, EXCERPT), excerpt, counts, 2


def test_counts_of_the_banks_own_files(bank, tmp_path):
    folder, statuses, counts, with_transactions = bank

    assert Counter(row["status"] for row in convert.bank_rows(folder / "loan.asc")) == statuses
    assert convert.convert(folder, tmp_path / "files") == counts
    posted = parquet.read_table(tmp_path / "files" / "transactions.parquet", columns=["account_id"])
    assert len(set(posted.column("account_id").to_pylist())) == with_transactions
