"""Small statements on the way of every answer, sent as they were compiled once (psycopg2).

SQLAlchemy makes a context, a result and its columns' keys of each, which costs more than PostgreSQL takes to answer.
"""

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql.psycopg2 import dialect
from sqlalchemy.sql import Executable
from sqlalchemy.sql.elements import ClauseElement

from credit.database.driver_cursor import driver_cursor


class QuickStatement:
    """A Core statement; its parameters and results are of psycopg2's own types."""

    def __init__(self, statement: Executable) -> None:
        assert isinstance(statement, ClauseElement)  # noqa: S101 - as every Core statement is
        compiled = statement.compile(dialect=dialect())  # type: ignore[no-untyped-call]
        self._text, self._fixed = str(compiled), compiled.params

    def row(self, connection: Connection, **parameters: object) -> tuple[Any, ...] | None:
        """Execute it in the connection's transaction; the first row, None where there is none or it gives none.

        Raises:
            DBAPIError: as SQLAlchemy's statements do.
        """
        with driver_cursor(connection, self._text) as cursor:
            cursor.execute(self._text, {**self._fixed, **parameters})
            row: tuple[Any, ...] | None = None if cursor.description is None else cursor.fetchone()
        return row
