"""Parquet files, read by row groups in the types that they declare."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from credit.intake.chunk import ROWS_AT_ONCE, Chunk
from credit.intake.errors import FileFormatError

_MAGIC = b"PAR1"


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet by its content."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


class ParquetFile:
    """A Parquet file.

    Raises:
        FileFormatError: where it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with parquet.ParquetFile(path) as file:
                self._schema = file.schema_arrow
                self._columns = tuple(self._schema.names)
        except (pa.ArrowException, OSError) as error:
            raise FileFormatError(f"{path.name}: cannot be read as Parquet: {error}") from error

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The schema's columns."""
        return self._columns

    def members(self, struct: str) -> tuple[str, ...]:
        """The schema's columns, the members of a column that holds structs in its place."""
        fields = [field for field in self._schema if field.name != struct or not pa.types.is_struct(field.type)]
        inner = [field for field in self._schema if field not in fields]
        return tuple(field.name for field in fields) + tuple(member.name for field in inner for member in field.type)

    def chunks(self) -> Iterator[Chunk]:
        """Batches of rows, numbered from 1.

        Raises:
            FileFormatError: where a row group is damaged.
        """
        done = 0
        try:
            # Buffering ahead would keep all that was read of the file.
            with parquet.ParquetFile(self._path, pre_buffer=False) as file:
                total = file.metadata.num_rows
                for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
                    numbers = np.arange(done + 1, done + batch.num_rows + 1, dtype=np.int64)
                    done += batch.num_rows
                    yield Chunk(pa.table(batch), numbers, fraction=done / total)
        except (pa.ArrowException, OSError) as error:
            raise FileFormatError(f"{self.name}: cannot be read as Parquet: {error}") from error
