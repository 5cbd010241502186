"""Rows written by COPY: one statement for any number of them (psycopg2)."""

import io
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Table

from credit.database.driver_cursor import driver_cursor

NULL = "\\N"
"""A field without a value."""

_BUFFER = 1 << 16
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
    statement = f"COPY {table.fullname} ({','.join(columns)}) FROM STDIN"
    lines = io.StringIO("".join([f"{row}\n" for row in rows]))
    with driver_cursor(connection, statement) as cursor:
        cursor.copy_expert(f"{after};{statement}" if after else statement, lines, _BUFFER)
