"""The features of a user read this user's rows alone; benchmarks/features_plan.py shows it at 10 million."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from credit.features.query import Key, parameters, statement
from credit.portfolio_file import load_portfolio

USERS, TRANSACTIONS = 80, 240
AS_OF = datetime(2025, 6, 1, 15, tzinfo=UTC)
ROWS = Path(__file__).parents[2] / "benchmarks" / "features_rows.sql"


@pytest.fixture
def filled(database) -> Iterator[Connection]:
    with database.engine().connect() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for part in ROWS.read_text("utf-8").split(";\n"):
            connection.execute(text(part or "SELECT"), {"users": USERS, "transactions": TRANSACTIONS})
        connection.commit()
        yield connection


@pytest.mark.parametrize("statistics", ["none", "fresh"])
def test_only_the_users_rows_are_read(filled, statistics) -> None:
    if statistics == "fresh":
        filled.execute(text("ANALYZE"))
    users = 3
    explained = explain(filled, [Key(f"u{number}", AS_OF) for number in (5, 40, 75)])
    read = {name: sum(rows_read(node) for node in nodes) / users for name, nodes in by_index(explained).items()}
    assert set(read) == {
        ("accounts", "accounts_subject_idx"),
        ("transactions", "transactions_window_idx"),
        ("transactions", "transactions_correction_idx"),
        ("advances", "advances_request_idx"),
        ("repayments", "repayments_pkey"),
    }
    # 240 in 720 days are 31 in a window of 92, and one for the balance; each user has a handful of corrections.
    # Without statistics the planner may sort an account's whole history for the last balance, but no other's.
    assert 30 <= read["transactions", "transactions_window_idx"] <= (40 if statistics == "fresh" else 2 * TRANSACTIONS)
    assert read["transactions", "transactions_correction_idx"] <= 10
    assert read["accounts", "accounts_subject_idx"] == 1
    assert (read["advances", "advances_request_idx"], read["repayments", "repayments_pkey"]) == (12, 9)


def test_visibility_is_inlined_and_a_condition_of_the_scan(filled) -> None:
    explained = explain(filled, [Key("u5", AS_OF)])
    assert "was_visible" not in json.dumps(explained)
    (window, *_) = by_index(explained)["transactions", "transactions_window_idx"]
    assert "posted_at >=" in window["Index Cond"]
    assert "pg_visible_in_snapshot" in window["Filter"]


def explain(connection: Connection, keys: list[Key]) -> dict:
    for setting in ("jit", "enable_seqscan", "enable_bitmapscan"):
        connection.execute(text(f"SET LOCAL {setting} = off"))
    question = text("EXPLAIN (ANALYZE, FORMAT JSON) " + statement().text)
    answer = connection.execute(question, parameters(load_portfolio("cash_advance"), keys)).scalar_one()
    return answer[0]["Plan"]


def by_index(node: dict) -> dict[tuple[str, str], list[dict]]:
    """The scans of tables that were run, by table and index; a scan without an index by its type."""
    found: dict[tuple[str, str], list[dict]] = {}
    if node.get("Relation Name") and node["Actual Loops"]:
        found[node["Relation Name"], node.get("Index Name", node["Node Type"])] = [node]
    for child in node.get("Plans", ()):
        for name, nodes in by_index(child).items():
            found.setdefault(name, []).extend(nodes)
    return found


def rows_read(node: dict) -> float:
    return (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
