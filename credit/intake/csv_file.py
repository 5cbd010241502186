"""CSV files, streamed: every column as text, so that each value is judged by our own rules."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from credit.intake.chunk import Chunk, Malformed
from credit.intake.errors import FileFormatError
from credit.intake.text_encoding import HEAD_BYTES, check_text, not_utf8

_BLOCK_BYTES = 1 << 24
_NOT_UTF8 = re.compile(r"In CSV column #(?P<column>\d+): Row #(?P<row>\d+): .*invalid UTF8")
"""What Arrow says of it."""


class CsvFile:
    """A CSV file with a header, separated by comma, semicolon or tab, in UTF-8, plain or compressed.

    Raises:
        FileFormatError: where it is empty, not UTF-8 or no CSV.
    """

    def __init__(self, path: Path, *, block_bytes: int = _BLOCK_BYTES) -> None:
        self._path = path
        self._block_bytes = block_bytes
        self._malformed: list[Malformed] = []
        self._columns: tuple[str, ...] = ()
        head = self._head()
        self._separator = _separator(head)
        check_text(self.name, head, self._separator)
        with self._stream() as stream:
            self._columns = tuple(self._opened(stream, ()).schema.names)

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The header."""
        return self._columns

    def chunks(self) -> Iterator[Chunk]:
        """Blocks of the file; records with too few or too many fields are reported as malformed.

        Raises:
            FileFormatError: where a block is not UTF-8 or no CSV.
        """
        size = self._path.stat().st_size
        self._malformed = []
        following = 2
        with self._stream() as stream:
            for batch in self._batches(self._opened(stream, self._columns)):
                numbers = _numbers(following, batch.num_rows, [bad.row for bad in self._malformed])
                following = int(numbers[-1]) + 1 if len(numbers) else following
                malformed = self._malformed_before(following)
                yield Chunk(pa.table(batch), numbers, malformed, min(1.0, self._position(stream) / size))
        rest = dict.fromkeys(self._columns, pa.array([], pa.string()))
        yield Chunk(pa.table(rest), np.empty(0, np.int64), tuple(self._malformed), 1.0)

    def _malformed_before(self, following: int) -> tuple[Malformed, ...]:
        """Takes what is malformed up to a record: the reader runs ahead of the blocks that it gives out."""
        passed = tuple(bad for bad in self._malformed if bad.row < following)
        self._malformed = [bad for bad in self._malformed if bad.row >= following]
        return passed

    def _head(self) -> bytes:
        try:
            with self._stream() as stream:
                return bytes(stream.read(HEAD_BYTES))
        except (pa.ArrowException, OSError) as error:
            raise FileFormatError(f"{self.name}: cannot be read: {error}") from error

    def _stream(self) -> Any:
        return pa.input_stream(str(self._path), compression="detect")

    def _position(self, stream: Any) -> int:
        try:
            return int(stream.tell())
        except (OSError, pa.ArrowException):
            return 0

    def _opened(self, stream: Any, text_columns: tuple[str, ...]) -> Any:
        read = csv.ReadOptions(block_size=self._block_bytes, use_threads=False)
        parse = csv.ParseOptions(
            delimiter=self._separator, newlines_in_values=True, invalid_row_handler=self._note_malformed
        )
        convert = csv.ConvertOptions(
            column_types=dict.fromkeys(text_columns, pa.string()), strings_can_be_null=True, null_values=[""]
        )
        try:
            return csv.open_csv(stream, read_options=read, parse_options=parse, convert_options=convert)
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise FileFormatError(self._unreadable(error)) from error

    def _batches(self, reader: Any) -> Iterator[Any]:
        try:
            yield from reader
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise FileFormatError(self._unreadable(error)) from error

    def _unreadable(self, error: Exception) -> str:
        found = _NOT_UTF8.search(str(error))
        if found is None or int(found["column"]) >= len(self._columns):
            return f"{self.name}: cannot be read as CSV with a header, in UTF-8: {error}"
        return not_utf8(self.name, int(found["row"]), self._columns[int(found["column"])])

    def _note_malformed(self, row: Any) -> str:
        reason = f"has {row.actual_columns} fields where the header has {row.expected_columns}"
        self._malformed.append(Malformed(int(row.number), row.text, reason))
        return "skip"


def _separator(head: bytes) -> str:
    first = head.split(b"\n", maxsplit=1)[0]
    return max(",;\t", key=lambda separator: first.count(separator.encode()))


def _numbers(following: int, rows: int, skipped: list[int]) -> npt.NDArray[np.int64]:
    """Numbers of the records of a block, whose malformed ones were skipped."""
    candidates = np.arange(following, following + rows + len(skipped), dtype=np.int64)
    return candidates[~np.isin(candidates, skipped)][:rows]
