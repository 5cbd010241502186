"""A lender's files into the input tables of a real server."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from sqlalchemy import text

from credit.database.errors import BusyError
from credit.intake.errors import FileFormatError
from credit.intake.load import LenderFiles, LenderTables, load_files, load_tables
from credit.portfolio_file import load_portfolio

NOW = datetime(2024, 6, 1, tzinfo=UTC)
PORTFOLIO = load_portfolio("cash_advance")
LAG = timedelta(hours=PORTFOLIO.ingestion_lag_hours)

ACCOUNTS = """account_id,subject_id,currency,timezone,opened_at
a1,u1,USD,America/New_York,2024-01-01T00:00:00Z
a2,u2,JPY,Asia/Tokyo,2024-01-02T00:00:00Z
"""
TRANSACTIONS = """transaction_id,account_id,posted_at,amount,currency,balance_after,category,status,version,voided
t1,a1,2024-05-01T09:00:00Z,1200.00,USD,1500.5,salary,posted,1,false
t1,a1,2024-05-01T09:00:00Z,1250.00,USD,1550.5,salary,posted,2,false
t2,a2,2024-05-02T09:00:00+09:00,-800,JPY,,groceries,pending,1,true
"""
ADVANCES = """advance_id,account_id,requested_at,due_at,amount,fee,currency,written_off_at,version,ingested_at
v1,a1,2024-03-01T00:00:00Z,2024-04-01T00:00:00Z,100,5,USD,2024-05-20T00:00:00Z,2,2024-05-21T00:00:00Z
v1,a1,2024-03-01T00:00:00Z,2024-04-01T00:00:00Z,100,5,USD,,1,
"""
REPAYMENTS = """repayment_id,advance_id,paid_at,amount,currency
r1,v1,2024-04-01T00:00:00Z,50.25,USD
"""
FX_RATES = """base,quote,valid_at,rate
EUR,USD,2024-05-01T00:00:00Z,1.0825
"""


@pytest.fixture
def files(tmp_path):
    texts = {
        "accounts": ACCOUNTS,
        "transactions": TRANSACTIONS,
        "advances": ADVANCES,
        "repayments": REPAYMENTS,
        "fx_rates": FX_RATES,
    }
    for name, content in texts.items():
        (tmp_path / f"{name}.csv").write_text(content)
    return LenderFiles(**{name: tmp_path / f"{name}.csv" for name in texts})


@pytest.fixture
def loader(database):
    return database.engine("blink_loader")


def counts(summary):
    return [(f.kind, f.loaded, f.already_there, f.rejected, f.history) for f in summary.files]


def rows(engine, query):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def transactions_file(tmp_path, *lines):
    file = tmp_path / "more.csv"
    file.write_text("\n".join(["transaction_id,account_id,posted_at,amount,currency,category,version", *lines, ""]))
    return LenderFiles(transactions=file)


def test_files_become_rows_in_minor_units_known_at_their_time(files, loader):
    summary = load_files(loader, PORTFOLIO, files, now=NOW)

    assert counts(summary) == [
        ("accounts", 2, 0, 0, True),
        ("transactions", 3, 0, 0, True),
        ("advances", 2, 0, 0, True),
        ("repayments", 1, 0, 0, True),
        ("fx_rates", 1, 0, 0, True),
    ]
    assert rows(
        loader,
        "SELECT a.provider_id, t.provider_id, t.version, t.voided, t.amount, t.currency, t.balance_after, t.category,"
        " t.status, t.ingested_at - t.posted_at, t.backfilled FROM blink.transactions t"
        " JOIN blink.accounts a USING (account_id) ORDER BY 2, 3",
    ) == [
        ("a1", "t1", 1, False, 120000, "USD", 150050, "salary", "posted", LAG, True),
        ("a1", "t1", 2, False, 125000, "USD", 155050, "salary", "posted", LAG, True),
        ("a2", "t2", 1, True, -800, "JPY", None, "groceries", "pending", LAG, True),
    ]
    assert rows(
        loader,
        "SELECT version, amount, fee, written_off_at, ingested_at, corrects IS NULL FROM blink.advances ORDER BY 1",
    ) == [
        (1, 10000, 500, None, datetime(2024, 3, 1, tzinfo=UTC) + LAG, True),
        (2, 10000, 500, datetime(2024, 5, 20, tzinfo=UTC), datetime(2024, 5, 21, tzinfo=UTC), False),
    ]
    assert rows(
        loader, "SELECT v.version, r.amount FROM blink.repayments r JOIN blink.advances v USING (advance_id)"
    ) == [(1, 5025)]
    assert rows(loader, "SELECT base, quote, rate FROM blink.fx_rates") == [("EUR", "USD", Decimal("1.0825"))]


def test_loading_again_loads_nothing(files, loader):
    load_files(loader, PORTFOLIO, files, now=NOW)
    again = load_files(loader, PORTFOLIO, files, now=NOW)

    assert counts(again) == [
        ("accounts", 0, 2, 0, False),
        ("transactions", 0, 3, 0, False),
        ("advances", 0, 2, 0, False),
        ("repayments", 0, 1, 0, False),
        ("fx_rates", 0, 1, 0, False),
    ]


def test_a_later_load_is_known_when_it_arrives(files, loader, tmp_path):
    load_files(loader, PORTFOLIO, files, now=NOW)
    load_files(
        loader,
        PORTFOLIO,
        transactions_file(tmp_path, "t9,a1,2024-05-03T09:00:00Z,-5,USD,leisure,1"),
        now=NOW,
    )

    assert rows(
        loader,
        "SELECT backfilled, ingested_at > now() - interval '1 hour' FROM blink.transactions WHERE provider_id = 't9'",
    ) == [(False, True)]


def test_history_is_never_known_later_than_now(files, loader, tmp_path):
    load_files(loader, PORTFOLIO, files, now=NOW)
    late = transactions_file(tmp_path, "t9,a1,2024-05-31T20:00:00Z,-5,USD,leisure,1")
    load_files(loader, PORTFOLIO, late, now=NOW, history=True)

    assert rows(loader, "SELECT ingested_at FROM blink.transactions WHERE provider_id = 't9'") == [(NOW,)]


def test_rejected_rows_are_listed_and_the_others_loaded(files, loader, tmp_path):
    load_files(loader, PORTFOLIO, files, now=NOW)
    rejects = tmp_path / "rejected.csv"
    summary = load_files(
        loader,
        PORTFOLIO,
        transactions_file(
            tmp_path,
            "t1,a1,2024-05-01T09:00:00Z,9.00,USD,salary,1",
            "t3,a1,2024-05-01T09:00:00Z,-3.333,USD,leisure,1",
            "t4,a1,2024-05-01T09:00:00Z,-3.00,USD,leisure,1",
            "t4,a1,2024-05-01T09:00:00Z,-3.00,USD,leisure,1",
            "t4,a1,2024-05-01T09:00:00Z,-4.00,USD,leisure,1",
            "t5,a1",
            "t6,nobody,2024-05-01T09:00:00Z,-4.00,USD,leisure,1",
        ),
        now=NOW,
        rejects=rejects,
    )

    assert counts(summary) == [("transactions", 1, 1, 5, False)]
    with rejects.open(newline="") as file:
        header, *rejected = csv.reader(file)
    assert header == ["file", "row", "id", "column", "reason", "value"]
    assert sorted(rejected) == [
        ["more.csv", "2", "t1", "version", "is stored with other content", "1"],
        ["more.csv", "3", "t3", "amount", "has more decimals than its currency", "-3.333"],
        ["more.csv", "6", "t4", "version", "is stored with other content", "1"],
        ["more.csv", "7", "", "", "has 2 fields where the header has 7", "t5,a1"],
        ["more.csv", "8", "t6", "account_id", "names no account that is loaded", "nobody"],
    ]


def test_corrections_without_their_first_version_are_refused(files, loader, tmp_path):
    load_files(loader, PORTFOLIO, files, now=NOW)
    header = ADVANCES.splitlines()[0]
    (tmp_path / "advances2.csv").write_text(
        f"{header}\n"
        "v2,a1,2024-03-01T00:00:00Z,2024-04-01T00:00:00Z,100,5,USD,,2,\n"
        "v1,a2,2024-03-01T00:00:00Z,2024-04-01T00:00:00Z,100,5,USD,,3,\n"
    )
    header = "account_id,subject_id,currency,timezone,opened_at,version"
    (tmp_path / "accounts2.csv").write_text(
        f"{header}\n"
        "a3,u3,USD,America/New_York,2024-01-01T00:00:00Z,2\n"
        "a1,u7,USD,America/New_York,2024-01-01T00:00:00Z,2\n"
        "a1,u1,USD,Europe/Prague,2024-01-01T00:00:00Z,2\n"
    )
    more = LenderFiles(accounts=tmp_path / "accounts2.csv", advances=tmp_path / "advances2.csv")
    summary = load_files(loader, PORTFOLIO, more, now=NOW, rejects=tmp_path / "rejected.csv")

    assert counts(summary) == [("accounts", 1, 0, 2, False), ("advances", 0, 0, 2, False)]
    with (tmp_path / "rejected.csv").open(newline="") as file:
        assert list(csv.reader(file))[1:] == [
            ["accounts2.csv", "2", "a3", "version", "corrects an account that has no version 1", "2"],
            ["accounts2.csv", "3", "a1", "version", "is stored with other content", "2"],
            ["advances2.csv", "2", "v2", "version", "corrects an advance that has no version 1", "2"],
            ["advances2.csv", "3", "v1", "account_id", "the advance belongs to another account", "a2"],
        ]


def test_nothing_of_a_load_is_kept_where_one_file_cannot_be_read(files, loader, tmp_path):
    (tmp_path / "transactions.csv").write_bytes(TRANSACTIONS.encode() + b"\xff\xff,a1,,,,,,,,\n" * 1_000_000)
    with pytest.raises(FileFormatError):
        load_files(loader, PORTFOLIO, files, now=NOW, rejects=tmp_path / "rejected.csv")

    assert rows(loader, "SELECT count(*) FROM blink.accounts") == [(0,)]
    assert not [path for path in tmp_path.iterdir() if "rejected" in path.name]


def test_one_load_of_a_portfolio_at_a_time(files, loader):
    with loader.begin() as connection:
        load_tables(connection, PORTFOLIO, LenderTables(), now=NOW)
        with pytest.raises(BusyError, match="another load of portfolio cash_advance is running"):
            load_files(loader, PORTFOLIO, files, now=NOW)


def test_tables_load_in_the_callers_transaction_with_progress(loader):
    accounts = pa.table(
        {
            "account_id": ["a1"],
            "subject_id": ["u1"],
            "currency": ["USD"],
            "timezone": ["America/New_York"],
            "opened_at": pa.array([datetime(2024, 1, 1, tzinfo=UTC)]),
        }
    )
    chunks = [
        pa.table(
            {
                "transaction_id": [f"t{n}"],
                "account_id": ["a1"],
                "posted_at": pa.array([datetime(2024, 5, n, tzinfo=UTC)]),
                "amount": pa.array([Decimal("-1.50")]),
                "currency": ["USD"],
                "category": ["leisure"],
            }
        )
        for n in (1, 2)
    ]
    seen = []
    with loader.connect() as connection:
        summary = load_tables(
            connection,
            PORTFOLIO,
            LenderTables(accounts=accounts, transactions=iter(chunks)),
            now=NOW,
            progress=lambda *told: seen.append(told),
        )
        connection.rollback()

    assert counts(summary) == [("accounts", 1, 0, 0, True), ("transactions", 2, 0, 0, True)]
    assert seen == [("accounts", 1, None), ("transactions", 1, None), ("transactions", 2, None)]
    assert rows(loader, "SELECT count(*) FROM blink.accounts") == [(0,)]
