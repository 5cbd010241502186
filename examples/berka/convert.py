"""The bank's files (PKDD'99) as a lender's files: `python convert.py DATA_FOLDER OUTPUT_FOLDER`.

What is mapped to what, and what is approximated, stands in README.md beside this file.
"""

import csv
import sys
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from bank import bank_rows
from loans import Account, Advance, Repayment, accounts, advances, repayments
from pyarrow import parquet
from statements import Transaction, transactions

STATEMENTS = ("trans_1993_1994q1.asc", "trans_preloan_1997_1998.csv")
TRANSACTIONS = pa.schema(
    [
        ("transaction_id", pa.string()),
        ("account_id", pa.string()),
        ("posted_at", pa.timestamp("us", tz="UTC")),
        ("amount", pa.decimal128(18, 2)),
        ("currency", pa.string()),
        ("balance_after", pa.decimal128(18, 2)),
        ("category", pa.string()),
    ]
)


def write_csv(path: Path, kind: type, lines: Iterable[Account | Advance | Repayment]) -> None:
    """Lines with their header; times in ISO 8601, nothing where there is none."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(kind))
        writer.writerows(map(_written, astuple(line)) for line in lines)


def _written(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, datetime) else value


def write_parquet(path: Path, lines: Sequence[Transaction]) -> None:
    """Transactions with decimals for money and times in UTC."""
    columns = [[getattr(line, name) for line in lines] for name in TRANSACTIONS.names]
    parquet.write_table(pa.table(columns, schema=TRANSACTIONS), path)


def convert(source: Path, target: Path) -> dict[str, int]:
    """Writes the lender's files into `target` and counts their lines."""
    target.mkdir(parents=True, exist_ok=True)
    loans = bank_rows(source / "loan.asc")
    account_lines = accounts(bank_rows(source / "account.asc"), bank_rows(source / "disp.asc"))
    transaction_lines = transactions(*(bank_rows(source / name) for name in STATEMENTS))
    advance_lines, repayment_lines = advances(loans), repayments(loans)
    write_csv(target / "accounts.csv", Account, account_lines)
    write_parquet(target / "transactions.parquet", transaction_lines)
    write_csv(target / "advances.csv", Advance, advance_lines)
    write_csv(target / "repayments.csv", Repayment, repayment_lines)
    return {
        "accounts": len(account_lines),
        "transactions": len(transaction_lines),
        "advances": len(advance_lines),
        "repayments": len(repayment_lines),
    }


def main() -> None:
    """Converts the folder that the command line names."""
    if len(sys.argv) != 3:
        sys.exit("usage: convert.py DATA_FOLDER OUTPUT_FOLDER")
    counts = convert(Path(sys.argv[1]), Path(sys.argv[2]))
    print("converted " + ", ".join(f"{count} {name}" for name, count in counts.items()))


if __name__ == "__main__":
    main()
