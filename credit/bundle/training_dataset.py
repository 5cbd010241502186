"""The rows that a model was trained on as a CSV file: those that are stored, or those that its bundle keeps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from credit.bundle.reader import Bundle
from credit.bundle.reference import feature_rows

LEADING = ("subject_id", "observed_at", "label")
"""Columns before the features."""
_REQUESTED = "requested_at"
"""The name that a bundle has for the time of observation."""


class DatasetSource(StrEnum):
    """Where the rows of a dataset are from."""

    DATABASE = "database"
    """All labelled rows that the training read, those that judged the model among them."""
    REFERENCE = "reference.parquet"
    """Rows that shaped the model, as many as its bundle keeps."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a dataset file holds."""

    source: DatasetSource
    rows: int
    bads: int | None
    """None where rows have no label."""


def write_dataset(path: Path, bundle: Bundle, stored: Iterable[pa.Table] | None) -> Dataset:
    """Write the training rows of a model: `stored` ones where every row that the bundle keeps is among them.

    Otherwise the database has other rows than the model was trained on, or no longer all of them: then the bundle's.

    Args:
        path: of a new CSV file with the columns `LEADING` and the features; a missing value is empty.
        bundle: the model.
        stored: labelled rows with these columns, a part at a time; None where there are none.

    Raises:
        BundleError: where the bundle's reference has changed.
    """
    reference = _named(bundle.reference(), bundle.feature_names)
    if stored is not None and reference.column_names[: len(LEADING)] == list(LEADING):
        rows, bads, missing = 0, 0, _keys(reference, bundle.feature_names)
        with pyarrow.csv.CSVWriter(path, _without_nan(reference).schema) as file:
            for part in stored:
                file.write_table(_without_nan(part))
                missing -= _keys(part, bundle.feature_names)
                rows, bads = rows + part.num_rows, bads + _bads(part)
        if not missing:
            return Dataset(DatasetSource.DATABASE, rows, bads)
    pyarrow.csv.write_csv(_without_nan(reference), path)
    labelled = "label" in reference.column_names
    return Dataset(DatasetSource.REFERENCE, reference.num_rows, _bads(reference) if labelled else None)


def dataset_part(
    subject_id: Sequence[str], observed_at: pa.Array, label: pa.Array, features: Sequence[str], values: np.ndarray
) -> pa.Table:
    """Rows as a part of a dataset: texts, timestamps[us, UTC], int8 and float64 `[n, d]`."""
    columns = {name: pa.array(values[:, place]) for place, name in enumerate(features)}
    return pa.table(
        {"subject_id": pa.array(subject_id, pa.string()), "observed_at": observed_at, "label": label} | columns
    )


def _named(reference: pa.Table, features: Sequence[str]) -> pa.Table:
    """The columns of a dataset that a reference has."""
    names = ["observed_at" if name == _REQUESTED else name for name in reference.column_names]
    table = reference.rename_columns(names)
    return table.select([*(name for name in LEADING if name in names), *features])


def _without_nan(table: pa.Table) -> pa.Table:
    """The table with null for NaN, which a CSV file leaves empty."""
    columns = {name: _nulled(table.column(name)) for name in table.column_names}
    return pa.table(columns)


def _nulled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_floating(column.type):
        return column
    return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)


def _keys(table: pa.Table, features: Sequence[str]) -> set[tuple[str, int, int, bytes]]:
    """Each row by who, when, how it ended and what was known, to the bit."""
    if not table.num_rows:
        return set()
    values = feature_rows(table, features)
    values[np.isnan(values)] = np.nan  # one spelling
    times = table.column("observed_at").cast(pa.int64()).to_pylist()
    subjects, labels = table.column("subject_id").to_pylist(), table.column("label").to_pylist()
    return {(*key, row.tobytes()) for *key, row in zip(subjects, times, labels, values, strict=True)}


def _bads(table: pa.Table) -> int:
    return int(pc.sum(table.column("label")).as_py() or 0)
