"""Where rows come from: a file by its content, or tables in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from credit.intake.chunk import ROWS_AT_ONCE, Chunk, Source
from credit.intake.csv_file import CsvFile
from credit.intake.errors import FileFormatError
from credit.intake.json_lines_file import JsonLinesFile, is_json_lines
from credit.intake.layout import FileLayout
from credit.intake.parquet_file import ParquetFile, is_parquet


def open_file(path: Path) -> Source:
    """The rows of a file: Parquet where its content is, otherwise CSV.

    Raises:
        FileFormatError: where it is neither, or is called .parquet and is not.
    """
    try:
        if is_parquet(path):
            return ParquetFile(path)
    except OSError as error:
        raise FileFormatError(f"{path.name}: cannot be read: {error.strerror}") from error
    if path.suffix == ".parquet":
        raise FileFormatError(f"{path.name}: is called .parquet but is no Parquet file")
    return CsvFile(path)


def open_table_file(path: Path) -> Source:
    """The rows of a lender's own table: Parquet, JSON lines or CSV, told apart by content.

    Raises:
        FileFormatError: where it is none of them.
    """
    if path.is_file() and is_json_lines(path):
        return JsonLinesFile(path)
    return open_file(path)


@dataclass(frozen=True)
class TableSource:
    """Arrow tables of the same columns, numbered through from 1."""

    name: str
    columns: tuple[str, ...]
    tables: Iterable[Any]

    def chunks(self) -> Iterator[Chunk]:
        """The tables, large ones cut."""
        done = 0
        for table in self.tables:
            for start in range(0, table.num_rows, ROWS_AT_ONCE):
                part = table.slice(start, ROWS_AT_ONCE).combine_chunks()
                yield Chunk(part, np.arange(done + 1, done + part.num_rows + 1, dtype=np.int64))
                done += part.num_rows


def open_tables(name: str, tables: Any) -> TableSource | None:
    """One table or an iterable of tables as a source; None where there is none."""
    if isinstance(tables, pa.Table):
        return TableSource(name, tuple(tables.column_names), (tables,))
    following = iter(tables)
    first = next(following, None)
    return None if first is None else TableSource(name, tuple(first.column_names), chain([first], following))


def check_columns(source: Source, layout: FileLayout) -> tuple[str, ...]:
    """Columns of the source that the layout does not know and that are ignored.

    Raises:
        FileFormatError: where a column is missing or stands twice; the message names it.
    """
    given = source.columns
    if missing := [name for name in layout.required if name not in given]:
        raise FileFormatError(
            f"{source.name}: missing {', '.join(missing)}; {layout.name} need {', '.join(layout.required)}"
        )
    if twice := sorted({name for name in given if given.count(name) > 1}):
        raise FileFormatError(f"{source.name}: {', '.join(twice)} stands twice in the header")
    known = {column.name for column in layout.columns}
    return tuple(name for name in given if name not in known)
