"""A cursor of psycopg2's own, for what costs too much through SQLAlchemy; its errors stay SQLAlchemy's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


@contextmanager
def driver_cursor(connection: Connection, statement: str) -> Iterator[Any]:
    """A cursor in the connection's transaction, closed afterwards; `statement` is what errors are said to be of.

    Raises:
        DBAPIError: as SQLAlchemy's statements do.
    """
    if not connection.in_transaction():
        connection.begin()  # as SQLAlchemy does of itself; without it a rollback would do nothing
    cursor = connection.connection.cursor()
    try:
        yield cursor
    except psycopg2.Error as error:
        refused: BaseException = DBAPIError.instance(statement, None, error, psycopg2.Error)
        raise refused from error
    finally:
        cursor.close()
