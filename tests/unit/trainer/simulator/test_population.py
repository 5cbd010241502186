"""What the whole simulator promises, checked on its tables alone."""

import ast
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import trainer.simulator
from trainer.simulator.population import Chunk, SimulatorError, fx_rates, simulate

END = date(2026, 1, 1)
END_AT = datetime(2026, 1, 1, tzinfo=UTC)
START_AT = datetime(2025, 1, 1, tzinfo=UTC)
FILES = ("accounts", "transactions", "advances", "repayments", "truth")
VERSIONING = {"version": pa.int64(), "voided": pa.bool_(), "ingested_at": pa.timestamp("us", "UTC")}
TEXT, TIME, MONEY = pa.string(), pa.timestamp("us", "UTC"), pa.decimal128(18, 2)
SCHEMAS = {
    "accounts": {"account_id": TEXT, "subject_id": TEXT, "currency": TEXT, "timezone": TEXT, "opened_at": TIME}
    | VERSIONING,
    "transactions": {
        "transaction_id": TEXT,
        "account_id": TEXT,
        "posted_at": TIME,
        "amount": MONEY,
        "currency": TEXT,
        "balance_after": MONEY,
        "category": TEXT,
        "status": TEXT,
    }
    | VERSIONING,
    "advances": {
        "advance_id": TEXT,
        "account_id": TEXT,
        "requested_at": TIME,
        "due_at": TIME,
        "amount": MONEY,
        "fee": MONEY,
        "currency": TEXT,
        "written_off_at": TIME,
        "extended_due_at": TIME,
    }
    | VERSIONING,
    "repayments": {
        "repayment_id": TEXT,
        "advance_id": TEXT,
        "paid_at": TIME,
        "amount": MONEY,
        "currency": TEXT,
    }
    | VERSIONING,
    "truth": {
        "advance_id": TEXT,
        "requested_at": TIME,
        "p_latent": pa.float64(),
        "p_observable": pa.float64(),
        "defaulted": pa.bool_(),
    },
}
CATEGORIES = {
    *("salary", "benefit", "transfer_in", "cash_in", "interest", "refund", "rent", "utilities", "groceries"),
    *("shopping", "transport", "leisure", "cash_out", "transfer_out", "insurance", "loan_payment", "fee"),
    *("overdraft_fee", "gambling", "advance_payout", "advance_repayment", "other"),
}


def whole(chunks: list[Chunk], name: str) -> pa.Table:
    return pa.concat_tables([getattr(chunk, name) for chunk in chunks]).combine_chunks()


def in_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def area_under_roc(score: npt.NDArray[np.float64], bad: npt.NDArray[np.bool_]) -> float:
    ranks = np.empty(len(score))
    ranks[np.argsort(score)] = np.arange(1, len(score) + 1)
    bads = int(bad.sum())
    return float((ranks[bad].sum() - bads * (bads + 1) / 2) / (bads * (len(bad) - bads)))


def latest(rows: list[dict[str, Any]], key: str) -> dict[object, dict[str, Any]]:
    """The last version of each record, without those voided."""
    found: dict[object, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: int(str(row["version"]))):
        found[row[key]] = row
    return {name: row for name, row in found.items() if not row["voided"]}


def test_tables_have_the_columns_of_the_file_contract(year: list[Chunk]) -> None:
    assert {
        name: dict(zip(t.column_names, t.schema.types, strict=True)) for name in FILES if (t := whole(year, name))
    } == (SCHEMAS)


def test_same_seed_gives_same_bytes() -> None:
    first, second = (list(simulate(200, 4, 7, END)) for _ in range(2))
    for name in FILES:
        assert in_bytes(whole(first, name)) == in_bytes(whole(second, name)), name
    assert in_bytes(fx_rates(4, 7, END)) == in_bytes(fx_rates(4, 7, END))


def test_another_seed_gives_another_world() -> None:
    first, second = (whole(list(simulate(10, 2, seed, END)), "transactions") for seed in (1, 2))
    assert in_bytes(first) != in_bytes(second)


def test_chunk_size_changes_nothing() -> None:
    small, large = (list(simulate(510, 4, 3, END, chunk_users=size)) for size in (1, 1000))
    assert [chunk.users for chunk in small] == [500, 10]
    assert [chunk.users for chunk in large] == [510]
    for name in FILES:
        assert in_bytes(whole(small, name)) == in_bytes(whole(large, name)), name


def test_more_users_change_no_earlier_user() -> None:
    (few,), (many,) = (list(simulate(users, 4, 3, END)) for users in (40, 90))
    for name in FILES:
        table = getattr(many, name)
        kept = [int(re.sub("[a-z]", "", name)[:6]) <= 40 for name in table.column(0).to_pylist()]
        assert table.filter(pa.array(kept)).equals(getattr(few, name)), name
    assert len(few.accounts.column("subject_id").unique()) == 40


def test_ids_are_unique_per_version_but_for_rows_sent_twice(year: list[Chunk]) -> None:
    for name in ("accounts", "advances", "repayments"):
        table = whole(year, name)
        keys = table.select([table.column_names[0], "version"])
        assert len(keys.group_by(keys.column_names).aggregate([])) == len(table), name
    table = whole(year, "transactions")
    keys = table.group_by(["transaction_id", "version"]).aggregate([([], "count_all")])
    rows = table.group_by(table.column_names).aggregate([])
    assert len(keys) == len(rows)
    assert pc.max(keys["count_all"]).as_py() == 2
    assert 0.001 < 1 - len(keys) / len(table) < 0.006


def test_balance_is_the_running_sum_of_booked_rows(year: list[Chunk]) -> None:
    table = year[0].transactions.filter(pc.is_valid(year[0].transactions["balance_after"]))
    table = table.group_by(["account_id", "posted_at", "amount", "balance_after", "status"]).aggregate([])
    table = table.sort_by([("account_id", "ascending"), ("posted_at", "ascending")])
    account = np.array(table["account_id"].to_pylist())
    amount, balance = (np.rint(table[name].cast(pa.float64()).to_numpy() * 100) for name in ("amount", "balance_after"))
    same = account[1:] == account[:-1]
    assert set(table["status"].to_pylist()) == {"posted"}
    np.testing.assert_array_equal((balance[1:] - balance[:-1])[same], amount[1:][same])


def test_labels_recomputed_from_the_records_equal_the_drawn_outcomes(year: list[Chunk]) -> None:
    drawn = dict(zip(*(whole(year, "truth")[name].to_pylist() for name in ("advance_id", "defaulted")), strict=True))
    paid: dict[object, list[dict[str, Any]]] = {}
    for row in latest(whole(year, "repayments").to_pylist(), "repayment_id").values():
        paid.setdefault(row["advance_id"], []).append(row)
    matured = 0
    for name, loan in latest(whole(year, "advances").to_pylist(), "advance_id").items():
        limit = loan["due_at"] + timedelta(days=30)
        if limit + timedelta(days=2) > END_AT:
            continue
        repaid = sum((row["amount"] for row in paid.get(name, []) if row["paid_at"] <= limit), Decimal(0))
        unpaid = loan["amount"] + loan["fee"] - repaid
        assert drawn[name] == (unpaid >= 5 or loan["written_off_at"] is not None), loan
        matured += 1
    assert matured > 2000


def test_bad_rate_and_ranking_lie_in_their_bands(year: list[Chunk]) -> None:
    truth = whole(year, "truth")
    bad, latent, observable = (truth[name].to_numpy() for name in ("defaulted", "p_latent", "p_observable"))
    assert 0.04 <= bad.mean() <= 0.10
    assert 0.75 <= area_under_roc(observable, bad) <= 0.85
    assert area_under_roc(latent, bad) - area_under_roc(observable, bad) >= 0.02
    error = np.sqrt((observable * (1 - observable)).sum()) / len(bad)
    assert abs(bad.mean() - observable.mean()) < 4 * error
    assert abs(bad.mean() - latent.mean()) < 4 * error


def test_every_irregularity_occurs_as_often_as_documented(year: list[Chunk]) -> None:
    table = whole(year, "transactions")
    lag = pc.cast(pc.subtract(table["ingested_at"], table["posted_at"]), pa.int64()).to_numpy() / 86.4e9
    rows = len(table)
    second = table.filter(pc.and_(pc.equal(table["version"], 2), pc.invert(table["voided"])))
    shares = {
        "late": float((lag > 1).mean()),
        "pending first": len(second) / rows,
        "withdrawn": pc.sum(table["voided"]).as_py() / rows,
    }
    assert 0.01 < shares["late"] < 0.03
    assert 0.02 < shares["pending first"] < 0.04
    assert 0.002 < shares["withdrawn"] < 0.01
    assert set(second["status"].to_pylist()) == {"posted"}
    assert set(table["category"].to_pylist()) == CATEGORIES
    assert 20 <= rows / 1500 / 12 <= 30


def test_some_amounts_change_between_pending_and_posted(year: list[Chunk]) -> None:
    table = year[0].transactions
    first = table.filter(pc.equal(table["status"], "pending")).select(["transaction_id", "amount"])
    second = table.filter(pc.and_(pc.equal(table["version"], 2), pc.invert(table["voided"])))
    both = first.join(
        second.select(["transaction_id", "amount"]), "transaction_id", right_suffix="_2", join_type="inner"
    )
    changed = pc.mean(pc.cast(pc.not_equal(both["amount"], both["amount_2"]), pa.float64())).as_py()
    assert 0.3 < changed < 0.5


def test_currencies_zones_and_second_accounts_occur(year: list[Chunk]) -> None:
    accounts = whole(year, "accounts")
    assert set(accounts["currency"].to_pylist()) == {"USD", "EUR", "GBP", "CAD"}
    assert len(accounts["timezone"].unique()) == 10
    assert 0.1 < len(accounts) / 1500 - 1 < 0.2


def test_every_kind_of_repayment_occurs(year: list[Chunk]) -> None:
    advances, repayments = whole(year, "advances"), whole(year, "repayments")
    assert advances["extended_due_at"].null_count < len(advances)
    assert advances["written_off_at"].null_count < len(advances)
    assert pc.sum(repayments["voided"]).as_py() > 0
    assert set(pc.utf8_slice_codeunits(repayments["repayment_id"], -1).to_pylist()) == {"0", "1", "2"}
    assert max(advances["version"].to_pylist()) == 3


def test_records_refer_to_records_that_exist(year: list[Chunk]) -> None:
    accounts = set(whole(year, "accounts")["account_id"].to_pylist())
    advances = set(whole(year, "advances")["advance_id"].to_pylist())
    assert set(whole(year, "transactions")["account_id"].unique().to_pylist()) == accounts
    assert set(whole(year, "advances")["account_id"].to_pylist()) <= accounts
    assert set(whole(year, "repayments")["advance_id"].to_pylist()) <= advances
    assert set(whole(year, "truth")["advance_id"].to_pylist()) == advances


def test_rows_carry_the_currency_of_their_account(year: list[Chunk]) -> None:
    accounts = year[0].accounts.select(["account_id", "currency"])
    for name in ("transactions", "advances"):
        joined = getattr(year[0], name).join(accounts, "account_id", right_suffix="_of_account")
        assert pc.all(pc.equal(joined["currency"], joined["currency_of_account"])).as_py(), name


@pytest.mark.parametrize(
    ("name", "event"),
    [("transactions", "posted_at"), ("advances", "requested_at"), ("repayments", "paid_at")],
)
def test_everything_is_known_after_it_happened_and_before_the_end(year: list[Chunk], name: str, event: str) -> None:
    table = whole(year, name)
    assert pc.all(pc.greater_equal(table["ingested_at"], table[event])).as_py()
    assert pc.max(table["ingested_at"]).as_py() < END_AT
    assert pc.min(table[event]).as_py() >= START_AT - timedelta(hours=14)


def test_a_later_version_is_known_later(year: list[Chunk]) -> None:
    for name in ("transactions", "advances", "repayments"):
        table = year[0].__getattribute__(name)
        key = table.column_names[0]
        first, second = (table.filter(pc.equal(table["version"], number)) for number in (1, 2))
        both = second.select([key, "ingested_at"]).join(
            first.select([key, "ingested_at"]), key, right_suffix="_first", join_type="inner"
        )
        assert len(both) > 0
        assert pc.all(pc.greater(both["ingested_at"], both["ingested_at_first"])).as_py(), name


def test_advances_start_after_ninety_days_and_fall_due_within_a_month(year: list[Chunk]) -> None:
    loans = whole(year, "advances")
    days = pc.cast(pc.subtract(loans["due_at"], loans["requested_at"]), pa.int64()).to_numpy() / 86.4e9
    assert pc.min(loans["requested_at"]).as_py() > START_AT + timedelta(days=90)
    assert days.min() >= 7
    assert days.max() < 32
    assert float(pc.min(loans["amount"]).as_py()) >= 20
    assert float(pc.max(loans["amount"]).as_py()) <= 300
    counts = whole(year, "truth")["advance_id"]
    assert 1.5 < len(counts) / (1500 * 0.75) < 4.5


def test_accounts_open_before_their_first_transaction(year: list[Chunk]) -> None:
    assert pc.max(whole(year, "accounts")["opened_at"]).as_py() < START_AT - timedelta(days=100)


def test_rates_cover_every_currency_and_day() -> None:
    rates = fx_rates(12, 1, END)
    assert set(rates["base"].to_pylist()) == {"EUR", "GBP", "CAD"}
    assert set(rates["quote"].to_pylist()) == {"USD"}
    assert len(rates) == 3 * 366
    assert pc.min(rates["valid_at"]).as_py() == START_AT - timedelta(days=1)
    assert pc.max(rates["valid_at"]).as_py() == END_AT - timedelta(days=1)
    assert 0.4 < float(pc.min(rates["rate"]).as_py()) < float(pc.max(rates["rate"]).as_py()) < 2.0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((0, 12, 1), "users is 0"),
        ((1_000_000, 12, 1), "users is 1000000"),
        ((10, 0, 1), "months is 0"),
        ((10, 12, -1), "seed is -1"),
        ((10, 12, 1, 0), "chunk_users is 0"),
    ],
)
def test_arguments_out_of_range_are_refused_by_name(arguments: tuple[int, ...], named: str) -> None:
    users, months, seed, *rest = arguments
    with pytest.raises(SimulatorError, match=named):
        simulate(users, months, seed, END, *rest)


def test_the_simulator_imports_nothing_of_the_scoring_product() -> None:
    rooms = {"credit", "forest", "predictor", "drift", "rollout", "workflows", "blink"}
    for path in Path(trainer.simulator.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not rooms & {name.split(".")[0] for name in names}, path.name
            assert all(name.startswith("trainer.simulator") for name in names if name.startswith("trainer"))
