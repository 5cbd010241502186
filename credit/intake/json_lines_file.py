"""JSON lines, streamed: one object a line, every value as text, so that each is judged by our own rules."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import orjson
import pyarrow as pa

from credit.intake.chunk import Chunk
from credit.intake.errors import FileFormatError
from credit.intake.table_layout import NESTED

ROWS_A_BLOCK = 50_000

Fields = dict[str, Any]


def is_json_lines(path: Path) -> bool:
    """Whether a file begins as an object of JSON does.

    Raises:
        FileFormatError: where it cannot be read.
    """
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            return bool(stream.read(4096).lstrip().startswith(b"{"))
    except (OSError, pa.ArrowException) as error:
        raise FileFormatError(f"{path.name}: cannot be read: {error}") from error


class JsonLinesFile:
    """A file with an object of JSON on each line, in UTF-8, plain or compressed; blank lines are passed over.

    The first line says which columns there are.

    Raises:
        FileFormatError: where the first line is no object.
    """

    def __init__(self, path: Path, *, rows_a_block: int = ROWS_A_BLOCK) -> None:
        self._path = path
        self._rows_a_block = rows_a_block
        first = next(self._records(), None)
        self._columns = () if first is None else tuple(first[1])

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The members of the first object."""
        return self._columns

    def chunks(self) -> Iterator[Chunk]:
        """Blocks of rows, numbered by their lines from 1.

        Raises:
            FileFormatError: where a line is no object, or has members that the first does not.
        """
        numbers: list[int] = []
        records: list[Fields] = []
        known = set(self._columns)
        for number, record in self._records():
            if unknown := sorted(record.keys() - known):
                raise FileFormatError(f"{self.name}: row {number}: {', '.join(unknown)} is not in the first row")
            numbers.append(number)
            records.append(record)
            if len(records) == self._rows_a_block:
                yield self._chunk(numbers, records)
                numbers, records = [], []
        yield self._chunk(numbers, records)

    def _chunk(self, numbers: list[int], records: list[Fields]) -> Chunk:
        rows = list(zip(numbers, records, strict=True))
        columns = {
            name: pa.array([self._text(record.get(name), number, name) for number, record in rows], pa.string())
            for name in self._columns
        }
        return Chunk(pa.table(columns), np.array(numbers, dtype=np.int64))

    def _records(self) -> Iterator[tuple[int, Fields]]:
        with pa.input_stream(str(self._path), compression="detect") as stream:
            for number, line in enumerate(_lines(stream), start=1):
                if line.strip():
                    yield number, self._record(line, number)

    def _record(self, line: bytes, number: int) -> Fields:
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise FileFormatError(f"{self.name}: row {number}: is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise FileFormatError(f"{self.name}: row {number}: must hold one JSON object")
        nested = value.get(NESTED)
        if not isinstance(nested, dict):
            return cast("Fields", value)
        del value[NESTED]
        if twice := sorted(value.keys() & nested.keys()):
            raise FileFormatError(f"{self.name}: row {number}: {', '.join(twice)} stands both beside and in {NESTED}")
        return {**value, **nested}

    def _text(self, value: object, number: int, name: str) -> str | None:
        if value is None or isinstance(value, str):
            return value or None
        if isinstance(value, bool | int | float):
            return str(value).lower() if isinstance(value, bool) else repr(value)
        raise FileFormatError(
            f"{self.name}: row {number}, column {name}: must be a number, a text, true, false or null"
        )


def _lines(stream: Any) -> Iterator[bytes]:
    """Lines of an Arrow stream."""
    rest = b""
    while block := stream.read(1 << 20):
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
    if rest:
        yield rest
