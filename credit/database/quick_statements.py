"""Small statements on the way of every answer, sent as they were compiled once (psycopg2).

SQLAlchemy makes a context, a result and its columns' keys of each, which costs more than PostgreSQL takes to answer.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql.psycopg2 import dialect
from sqlalchemy.sql import Executable
from sqlalchemy.sql.elements import ClauseElement

from credit.database.driver_cursor import driver_cursor


def milliseconds(seconds: float) -> str:
    """A limit as PostgreSQL's settings have it; at least 1, because 0 is none."""
    return str(max(1, round(seconds * 1000)))


class QuickStatement:
    """Core statements that are sent together; their parameters and results are of psycopg2's own types."""

    def __init__(self, *statements: Executable) -> None:
        """What the last of them gives is the result; a parameter's name means the same in all of them."""
        compiled = [_compiled(statement) for statement in statements]
        self._text = ";".join(text for text, _ in compiled)
        self._fixed: dict[str, object] = {}
        for _, fixed in compiled:
            # SQLAlchemy numbers what has no name from 1 in each statement.
            assert all(self._fixed.get(name, value) == value for name, value in fixed.items())  # noqa: S101
            self._fixed |= fixed

    def row(self, connection: Connection, **parameters: object) -> tuple[Any, ...] | None:
        """Execute it in the connection's transaction; the first row, None where there is none or it gives none.

        Raises:
            DBAPIError: as SQLAlchemy's statements do.
        """
        with driver_cursor(connection, self._text) as cursor:
            cursor.execute(self._text, {**self._fixed, **parameters})
            row: tuple[Any, ...] | None = None if cursor.description is None else cursor.fetchone()
        return row

    def text(self, connection: Connection, **parameters: object) -> str:
        """The statement with its parameters in it, to be sent with another one."""
        with driver_cursor(connection, self._text) as cursor:
            text: bytes = cursor.mogrify(self._text, {**self._fixed, **parameters})
        return text.decode()


def _compiled(statement: Executable) -> tuple[str, Mapping[str, object]]:
    assert isinstance(statement, ClauseElement)  # noqa: S101 - as every Core statement is
    compiled = statement.compile(dialect=dialect())  # type: ignore[no-untyped-call]
    return str(compiled), compiled.params
