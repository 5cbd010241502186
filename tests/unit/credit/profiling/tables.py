"""Tables to be profiled, and files of them."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from credit.intake.source import open_table_file
from credit.profiling.roles import propose
from credit.profiling.table_profile import profile_table

ROWS = 400


def silent(_what, _done, _total):
    """Report nothing."""


def loans() -> dict:
    """A table with something of everything."""
    rng = np.random.default_rng(3)
    risk = rng.normal(size=ROWS)
    bad = (risk + rng.normal(size=ROWS) > 0.8).astype(int)
    days = [f"{1 + index % 28:02d}/{1 + index // 28 % 12:02d}/2023" for index in range(ROWS)]
    later = [f"{1 + index % 28:02d}/{1 + index // 28 % 12:02d}/2024" for index in range(ROWS)]
    return {
        "loan_id": [f"L{index:04d}" for index in range(ROWS)],
        "issued": days,
        "closed": later,
        "Amount": [None if index % 10 == 0 else float(value) for index, value in enumerate(rng.gamma(2, 900, ROWS))],
        "amount again": None,
        "risk score": risk.tolist(),
        "purpose": rng.choice(["car", "home", "other"], ROWS).tolist(),
        "officer": [f"officer {index // 2}" for index in range(ROWS)],
        "branch": ["north"] * ROWS,
        "note": [None] * ROWS,
        "Sex": rng.choice(["f", "m"], ROWS).tolist(),
        "account_age": rng.integers(0, 200, ROWS).tolist(),
        "applicantAge": rng.integers(18, 80, ROWS).tolist(),
        "recovered": (bad * rng.random(ROWS)).tolist(),
        "income": [str(value) if index % 80 else "soon" for index, value in enumerate(rng.integers(0, 9999, ROWS))],
        "default_flag": bad.tolist(),
    }


def write_csv(path, table):
    names = list(table)
    rows = zip(*table.values(), strict=True)
    lines = [",".join("" if value is None else str(value) for value in row) for row in rows]
    path.write_text("\n".join([",".join(names), *lines]) + "\n")
    return path


def write_parquet(path, table):
    pq.write_table(pa.table(table), path)
    return path


def loans_with_copy() -> dict:
    table = loans()
    table["amount again"] = table["Amount"]
    return table


def profiled(path, **options):
    return profile_table(open_table_file(path), np.random.default_rng(1), silent, **options)


def proposed(path, label=None):
    return propose(profiled(path), label)
