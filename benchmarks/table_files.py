"""A lender's own table of any length, as a Parquet file that is written a part at a time; and files that are wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

ROWS_A_GROUP = 200_000
_DAYS = 3 * 365
_START = np.datetime64("2022-01-01", "us")
_PURPOSES = ("car", "education", "home", "medical", "other", "travel")
_REGIONS = tuple(f"region {number:02d}" for number in range(30))
_NUMBERS = 12

PORTFOLIO = f"""\
name = "acceptance"
subject = "loan"
currency = "EUR"
algorithm = "lightgbm"
cut_off = 0.2
ingestion_lag_hours = 0
protected = []

[table]
label = "status == 'default'"
subject_id = "loan_id"
observed_at = "issued_at"
known_at = "known_at"

[split]
kind = "temporal"
embargo_days = 7

[gate]
{
    "".join(
        f'''
[[features]]
name = "number_{number:02d}"
unit = "number"
reason_group = "application"
'''
        for number in range(_NUMBERS)
    )
}
[[features]]
name = "has_guarantor"
unit = "0 or 1"
reason_group = "application"

[[features]]
name = "term_months"
unit = "months"
reason_group = "application"

[[features]]
name = "purpose"
kind = "categorical"
categories = [{", ".join(f'"{text}"' for text in _PURPOSES)}]
unit = "category"
reason_group = "application"

[[features]]
name = "region"
kind = "categorical"
categories = [{", ".join(f'"{text}"' for text in _REGIONS)}]
unit = "category"
reason_group = "application"

[reasons.application]
adverse = "What you stated speaks against repayment."
missing = "You did not state enough."
"""
FEATURES = _NUMBERS + 4


def write_table(path: Path, rows: int, *, seed: int) -> None:
    """A file of so many loans, in no order of time; 5 % of the values are missing, 2 % of the outcomes unknown."""
    rng = np.random.default_rng(seed)
    weights = np.linspace(0.6, 0.0, _NUMBERS)
    with parquet.ParquetWriter(path, _schema()) as writer:
        for first in range(0, rows, ROWS_A_GROUP):
            writer.write_table(_group(rng, first, min(ROWS_A_GROUP, rows - first), weights))


def _schema() -> pa.Schema:
    time = pa.timestamp("us", tz="UTC")
    numbers = [(f"number_{number:02d}", pa.float64()) for number in range(_NUMBERS)]
    others = [
        ("has_guarantor", pa.bool_()),
        ("term_months", pa.int32()),
        ("purpose", pa.string()),
        ("region", pa.string()),
    ]
    return pa.schema(
        [("loan_id", pa.string()), ("issued_at", time), ("known_at", time), *numbers, *others, ("status", pa.string())]
    )


def _group(rng: np.random.Generator, first: int, rows: int, weights: np.ndarray) -> pa.Table:
    numbers = rng.normal(size=(rows, _NUMBERS)) * np.logspace(0, 4, _NUMBERS)
    guarantor, purpose = rng.random(rows) < 0.3, rng.integers(len(_PURPOSES), size=rows)
    risk = (numbers / np.logspace(0, 4, _NUMBERS)) @ weights - 0.8 * guarantor + 0.15 * purpose - 3.0
    bad = rng.random(rows) < 1 / (1 + np.exp(-risk))
    unknown = rng.random(rows) < 0.02
    issued = _START + (rng.random(rows) * _DAYS * 86_400_000_000).astype("timedelta64[us]")
    columns = {
        "loan_id": [f"L{number:09d}" for number in range(first, first + rows)],
        "issued_at": issued,
        "known_at": pa.array(issued + np.timedelta64(90, "D"), mask=unknown),
        **{f"number_{number:02d}": _with_gaps(numbers[:, number], rng) for number in range(_NUMBERS)},
        "has_guarantor": guarantor,
        "term_months": rng.choice([6, 12, 24, 36, 60], rows),
        "purpose": np.array(_PURPOSES)[purpose],
        "region": np.array(_REGIONS)[rng.integers(len(_REGIONS), size=rows)],
        "status": pa.array(np.where(bad, "default", "paid"), mask=unknown),
    }
    schema = _schema()
    return pa.table({name: pa.array(column).cast(schema.field(name).type) for name, column in columns.items()}, schema)


def _with_gaps(values: np.ndarray, rng: np.random.Generator) -> pa.Array:
    return pa.array(values, mask=rng.random(len(values)) < 0.05)


@dataclass(frozen=True, slots=True)
class Malformed:
    """A file that is wrong, and what a training says of it."""

    name: str
    change: Callable[[pa.Table], pa.Table]
    portfolio: Callable[[str], str]
    """What its TOML file says."""
    says: str
    """How the error goes on behind the file's name."""


def malformed(rows: int) -> Iterator[Malformed]:
    """Files that are wrong in their last row or as a whole; of so many rows."""
    yield Malformed(
        "a column is missing", lambda table: table.drop_columns(["region"]), str, "missing region; portfolio"
    )
    yield Malformed(
        "a column of another type",
        lambda table: _with(table, "number_03", pa.array([[1.0]] * rows)),
        str,
        "column number_03 holds list<",
    )
    yield Malformed(
        "a text among numbers",
        lambda table: _last(table, "number_03", "twelve"),
        str,
        f"row {rows}, column number_03: 'twelve' is not a number",
    )
    yield Malformed(
        "a label of three values",
        _three_values,
        _by_flag,
        f"row {rows}, column status: 2 is neither 0 nor 1",
    )
    yield Malformed(
        "all of one class",
        lambda table: _with(table, "status", pa.array([text and "paid" for text in _statuses(table)])),
        str,
        "column status: all ",
    )
    yield Malformed("no rows", lambda table: table.slice(0, 0), str, "has no rows")
    yield Malformed(
        "an id stands twice",
        _repeated,
        str,
        f"row {rows}, column loan_id: 'L000000000' stands in row 1 already",
    )


def _statuses(table: pa.Table) -> list[str | None]:
    return [text.as_py() for text in table.column("status")]


def _three_values(table: pa.Table) -> pa.Table:
    """0 and 1 where there is an outcome, and 2 at the end."""
    flags = [None if text is None else int(text == "default") for text in _statuses(table)]
    return _with(table, "status", pa.array([*flags[:-1], 2]))


def _by_flag(portfolio: str) -> str:
    return portfolio.replace("status == 'default'", "status")


def _with(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


def _last(table: pa.Table, name: str, text: str) -> pa.Table:
    texts = table.column(name).cast(pa.string()).to_pylist()
    return _with(table, name, pa.array([*texts[:-1], text]))


def _repeated(table: pa.Table) -> pa.Table:
    """The first row stands at the end once more."""
    return pa.concat_tables([table.slice(0, table.num_rows - 1), table.slice(0, 1)])


def write_malformed(path: Path, sound: Path, case: Malformed) -> None:
    """Write a file that is wrong, made from a sound one."""
    parquet.write_table(case.change(parquet.read_table(sound)), path)
