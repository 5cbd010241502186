"""What the features of one user read at 10 million transactions, and how long a key takes.

    python benchmarks/features_plan.py DATABASE_URL [--users 16667] [--keys 2000] [--filled]

DATABASE_URL names an empty database that may be filled; the user must be a superuser (triggers are switched off).
"""

import argparse
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from credit.database.connection import connect
from credit.database.migrate import upgrade
from credit.features.query import Key, compute_features, parameters, statement
from credit.portfolio_file import load_portfolio

PORTFOLIO = load_portfolio("cash_advance")
TRANSACTIONS_A_USER = 600  # 25 a month for two years
AS_OF = datetime(2025, 6, 1, 15, tzinfo=UTC)
ROWS = Path(__file__).parent / "features_rows.sql"


def fill(engine: Engine, users: int) -> None:
    """Write the schema and the rows of `features_rows.sql`, and gather statistics."""
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for part in ROWS.read_text("utf-8").split(";\n"):
            if part.strip():
                connection.execute(text(part), {"users": users, "transactions": TRANSACTIONS_A_USER})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))


def scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The scans of tables that were run, of an EXPLAIN's tree."""
    if node.get("Relation Name") and node["Actual Loops"]:
        yield node
    for child in node.get("Plans", ()):
        yield from scans(child)


def plan(connection: Connection, keys: list[Key]) -> dict[str, Any]:
    """EXPLAIN ANALYZE of the features' statement, with the settings that `compute_features` gives it."""
    connection.execute(text("SET LOCAL jit = off"))
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    explain = text("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement().text)
    (answer,) = connection.execute(explain, parameters(PORTFOLIO, keys)).one()
    explained: dict[str, Any] = (answer if isinstance(answer, list) else json.loads(answer))[0]
    return explained


def _below(node: dict[str, Any]) -> str:
    return f"{node['Plans'][0]['Index Name']} (bitmap)" if "Plans" in node else node["Node Type"]


def report(connection: Connection, keys: list[Key]) -> None:
    """Print what each scan read, a key."""
    explained = plan(connection, keys)
    print("| table | by | scans a key | rows read a key |\n|---|---|---|---|")
    for node in scans(explained["Plan"]):
        read = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] / len(keys)
        by = node.get("Index Name") or node["Plans"][0]["Index Name"] + " (bitmap)"
        print(f"| {node['Relation Name']} | {by} | {node['Actual Loops'] / len(keys):.1f} | {read:.1f} |")
    root = explained["Plan"]
    blocks = (root["Shared Hit Blocks"] + root["Shared Read Blocks"]) / len(keys)
    print(
        f"\n{blocks:.0f} blocks a key; planning {explained['Planning Time']:.1f} ms, execution "
        f"{explained['Execution Time'] / len(keys):.3f} ms a key ({len(keys)} keys)\n"
    )


def seconds(connection: Connection, keys: list[Key]) -> float:
    """How long the features of `keys` take, the way to Python included."""
    start = time.perf_counter()
    compute_features(connection, PORTFOLIO, keys)
    return time.perf_counter() - start


def main() -> None:
    """Fill the database and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--users", type=int, default=16_667, help="users with 600 transactions each")
    parser.add_argument("--keys", type=int, default=2_000)
    parser.add_argument("--filled", action="store_true", help="the database is filled already")
    options = parser.parse_args()
    engine = connect(options.url)
    if not options.filled:
        fill(engine, options.users)
    with engine.connect() as connection:
        rows = connection.scalar(text("SELECT count(*) FROM blink.transactions"))
        print(f"{rows:,} transactions of {options.users:,} users")
        print(f"PostgreSQL {connection.scalar(text('SHOW server_version'))}\n")
        keys = [Key(f"u{1 + 7 * number % options.users}", AS_OF) for number in range(options.keys)]
        report(connection, keys[:1])
        report(connection, keys)
        runs = [1000 * seconds(connection, keys) / len(keys) for _ in range(3)]
        print(f"compute_features, {len(keys)} keys: {', '.join(f'{run:.3f}' for run in runs)} ms a key")
        singles = sorted(1000 * seconds(connection, [key]) for key in keys[:100])
        print(f"compute_features, one key: median {singles[50]:.1f} ms, 95th {singles[95]:.1f} ms")


if __name__ == "__main__":
    main()
