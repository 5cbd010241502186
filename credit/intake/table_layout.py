"""Which columns a lender's own table has, and must have."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from credit.intake.chunk import Source
from credit.intake.errors import FileFormatError
from credit.intake.parquet_file import ParquetFile
from credit.portfolios import Portfolio, TableRule

BATCH = "batch_id"
"""Column that a file of any portfolio may have: the batch that a row belongs to."""
NESTED = "features"
"""Column that may hold the features as an object of their own; they are read as if they stood beside it."""


def flat_names(source: Source) -> tuple[str, ...]:
    """Names of the source's columns, those in an object `features` beside the others."""
    return source.members(NESTED) if isinstance(source, ParquetFile) else source.columns


def flat_columns(table: Any, names: Sequence[str]) -> dict[str, Any]:
    """Columns of an Arrow table by name as plain arrays, those in an object `features` beside the others."""
    if NESTED in table.column_names and pa.types.is_struct(table.schema.field(NESTED).type):
        fields = [field.name for field in table.schema.field(NESTED).type]
        inner = table.column(NESTED).combine_chunks().flatten()
        table = table.drop_columns([NESTED])
        for name, column in zip(fields, inner, strict=True):
            table = table.append_column(name, column)
    return {name: _plain(table.column(name)) for name in names}


def check_table_columns(file: str, given: Sequence[str], portfolio: Portfolio, rule: TableRule) -> None:
    """Do nothing where a file has the columns that a portfolio needs, each once.

    Raises:
        FileFormatError: naming those that are missing or stand twice.
    """
    times = [name for name in (rule.subject_id, rule.observed_at, rule.known_at) if name is not None]
    needed = [rule.label.column, *(name for name in times if name not in rule.optional)]
    needed = list(dict.fromkeys([*needed, *(feature.source for feature in portfolio.features)]))
    if missing := [name for name in needed if name not in given]:
        raise FileFormatError(
            f"{file}: missing {', '.join(missing)}; portfolio {portfolio.name} needs {', '.join(needed)}"
        )
    check_names(file, given)


def check_names(file: str, given: Sequence[str]) -> None:
    """Do nothing where no column stands twice.

    Raises:
        FileFormatError: naming those that do.
    """
    if twice := sorted({name for name in given if given.count(name) > 1}):
        raise FileFormatError(f"{file}: {', '.join(twice)} stands twice in the header")


def _plain(column: Any) -> Any:
    column = column.combine_chunks()
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
