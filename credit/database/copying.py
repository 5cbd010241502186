"""Rows written by COPY: one statement for any number of them (psycopg2)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

from credit.database.driver_cursor import driver_cursor

T = TypeVar("T")

NULL = "\\N"
"""A field without a value."""

_MESSAGE = 1 << 12
"""Characters after which a message is sent."""
_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


def text_field(value: str) -> str:
    """A text as a field of COPY's text format."""
    if value.isprintable() and "\\" not in value:  # no tab and no end of a line: most texts
        return value
    for character, escape in _ESCAPES:
        if character in value:
            value = value.replace(character, escape)
    return value


def json_field(value: str) -> str:
    """A JSON text, which holds no control character, as a field."""
    return value.replace("\\", "\\\\") if "\\" in value else value


def bytes_field(value: bytes) -> str:
    """Bytes as a field."""
    return f"\\\\x{value.hex()}"


def optional_field(value: object | None) -> str:
    """A value whose text needs no escape as a field, or no value."""
    return NULL if value is None else str(value)


def line_of(*fields: str) -> str:
    """A row of fields, without an end."""
    return "\t".join(fields)


def copy_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[str], *, after: str = ""
) -> None:
    """Insert rows, as `line_of` gives them, with fields in the order of the columns; triggers and constraints see each.

    `after` is a complete statement that is sent along, and executed first.

    Raises:
        DBAPIError: as SQLAlchemy's statements do.
    """
    copy_rows_while(connection, table, columns, rows, _nothing, after=after)


def copy_rows_while(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[str],
    work: Callable[[], T],
    *,
    after: str = "",
) -> T:
    """As `copy_rows`, and do some work while the database inserts what was sent; what the work gave.

    The work must not use the connection.

    Raises:
        DBAPIError: as SQLAlchemy's statements do.
        Exception: whatever the work raises; the statement has failed then, and with it the transaction.
    """
    statement = f"COPY {table.fullname} ({','.join(columns)}) FROM STDIN"
    lines = _Lines(rows, work)
    try:
        with driver_cursor(connection, statement) as cursor:
            cursor.copy_expert(f"{after};{statement}" if after else statement, lines, _MESSAGE)
    except DBAPIError:
        if lines.fault is not None:
            raise lines.fault from None
        raise
    return lines.given[0]


class _Lines(Generic[T]):
    """Rows as the driver reads them, message by message; the work is done when all are on their way."""

    def __init__(self, rows: Iterable[str], work: Callable[[], T]) -> None:
        self._messages = _messages(rows)
        self._work = work
        self.given: list[T] = []
        self.fault: Exception | None = None

    def read(self, _size: int) -> str:
        """The next message, and nothing after the last one."""
        message = next(self._messages, "")
        if not message:
            try:
                self.given.append(self._work())
            except Exception as fault:
                self.fault = fault  # the driver makes a cancelled statement of it
                raise
        return message


def _messages(rows: Iterable[str]) -> Iterator[str]:
    # PostgreSQL begins with a message when it has all of it, and libpq holds up to 8 KiB back until the end.
    waiting: list[str] = []
    size = 0
    for row in rows:
        waiting.append(f"{row}\n")
        size += len(row)
        if size >= _MESSAGE:
            yield "".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield "".join(waiting)


def _nothing() -> None:
    """No work."""
