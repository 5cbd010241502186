"""The rows that a model was trained on, with its scores: what live rows are compared with."""

import io
from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from credit.bundle import file_names
from credit.bundle.errors import BundleError
from forest.engine import Floats

FILE = file_names.REFERENCE
LARGEST = 10_000
"""Rows that a bundle keeps at most. Exact contributions take about 1 ms a row, and more rows would not tell more:
the PSI of two equal samples of 10,000 stays below 0.004 in 95 of 100."""
SCORE = "default_probability"
"""Column with the model's own PD of each row."""


def feature_rows(table: pa.Table, features: Sequence[str]) -> Floats:
    """The named columns as float64 [n, d]; null is NaN.

    Raises:
        BundleError: where the table is empty, lacks a column, or one is not numeric.
    """
    if missing := [name for name in features if name not in table.column_names]:
        raise BundleError(f"{FILE}: no column for {', '.join(missing)}")
    if not table.num_rows:
        raise BundleError(f"{FILE}: no rows; the training rows are needed")
    return np.column_stack([_numbers(table, name) for name in features])


def thinned(table: pa.Table, largest: int = LARGEST) -> pa.Table:
    """At most `largest` rows of the table, evenly spaced in its order, the first and the last among them."""
    return table if table.num_rows <= largest else table.take(spaced(table.num_rows, largest))


def spaced(rows: int, largest: int = LARGEST) -> npt.NDArray[np.int64]:
    """Positions of at most `largest` of a number of rows, evenly spaced, the first and the last among them."""
    if rows <= largest:
        return np.arange(rows)
    return np.linspace(0, rows - 1, num=largest).round().astype(np.int64)


def with_scores(table: pa.Table, probabilities: Floats) -> pa.Table:
    """The table with the model's scores, float64 [n] in [0, 1], as its last column.

    Raises:
        BundleError: where the table already has a column of that name.
    """
    if SCORE in table.column_names:
        raise BundleError(f"{FILE}: column {SCORE} is the writer's to fill; leave it out")
    return table.append_column(SCORE, pa.array(probabilities))


def reference_to_bytes(table: pa.Table) -> bytes:
    """The table as Parquet."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def reference_from_bytes(content: bytes) -> pa.Table:
    """The table in a Parquet file.

    Raises:
        BundleError: where it is none.
    """
    try:
        return pq.read_table(io.BytesIO(content))
    except pa.ArrowException as error:
        raise BundleError(f"{FILE}: not a Parquet file: {error}") from error


def _numbers(table: pa.Table, name: str) -> Floats:
    try:
        column = table.column(name).cast(pa.float64())
    except pa.ArrowException as error:
        raise BundleError(f"{FILE}: column {name} is not numeric") from error
    return cast("Floats", column.to_numpy(zero_copy_only=False).astype(np.float64))
