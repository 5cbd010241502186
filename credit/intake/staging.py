"""Rows through COPY into a temporary table, and from there into the input tables (psycopg2)."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from typing import Any

import psycopg2
from psycopg2 import sql
from pyarrow import csv
from sqlalchemy import Connection

from credit.intake.checks import Owners
from credit.intake.errors import IntakeError

Params = Mapping[str, object]
Refused = tuple[int, str, str, str, str]


class Staging:
    """The temporary table of one kind of file, in the caller's transaction."""

    def __init__(self, connection: Connection, kind: str, params: Params, *, linked: bool) -> None:
        """`linked` says that corrections refer to a version 1 and come after it."""
        self._passes = (False, True) if linked else (False,)
        self._cursor = connection.connection.cursor()
        self._kind = kind
        self._params = params
        self._table = sql.Identifier("pg_temp", f"staged_{kind}")
        self._rows = 0
        with _translated(kind):
            self._cursor.execute(_text(f"{kind}_stage"))
            self._cursor.execute(sql.SQL("TRUNCATE {}").format(self._table))

    def add(self, table: Any) -> None:
        """Copies an Arrow table, whose columns are those of the staging table in order."""
        buffer = io.BytesIO()
        csv.write_csv(table, buffer, csv.WriteOptions(include_header=False))
        buffer.seek(0)
        with _translated(self._kind):
            self._cursor.copy_expert(sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(self._table), buffer)
        self._rows += table.num_rows

    def settle(self) -> tuple[int, int, list[Refused]]:
        """Stores what is staged and empties the stage: rows loaded, rows that were there, and those refused.

        A refused row is its number, id, column, reason and value.
        """
        with _translated(self._kind):
            loaded = sum(self._insert(corrections=corrections) for corrections in self._passes)
            refused = self._refused() if loaded < self._rows else []
            already = self._rows - loaded - len(refused)
            self._cursor.execute(sql.SQL("TRUNCATE {}").format(self._table))
        self._rows = 0
        return loaded, already, refused

    def _insert(self, *, corrections: bool) -> int:
        self._cursor.execute(_text(f"{self._kind}_insert"), {**self._params, "corrections": corrections})
        return int(self._cursor.rowcount)

    def _refused(self) -> list[Refused]:
        self._cursor.execute(sql.SQL("ANALYZE {}").format(self._table))
        self._cursor.execute(_text(f"{self._kind}_refused"), self._params)
        return list(self._cursor.fetchall())


def begin_load(connection: Connection, portfolio: str) -> bool:
    """Whether this transaction may load: one load of a portfolio at a time. Sets the transaction's memory."""
    connection.exec_driver_sql("SET LOCAL work_mem = '64MB'")
    connection.exec_driver_sql("SET LOCAL jit = off")
    lock = connection.exec_driver_sql(_text("lock"), {"portfolio": portfolio})
    return bool(lock.scalar_one())


def has_rows(connection: Connection, kind: str, portfolio: str) -> bool:
    """Whether rows of that kind are stored for the portfolio."""
    return bool(connection.exec_driver_sql(_text(f"{kind}_exist"), {"portfolio": portfolio}).scalar_one())


def stored_owners(connection: Connection, column: str, portfolio: str, ids: list[str]) -> Owners:
    """Those of the accounts or advances with these ids that are stored."""
    rows = connection.exec_driver_sql(_text(f"owners_{column}"), {"portfolio": portfolio, "ids": ids}).all()
    columns = tuple(zip(*rows, strict=True)) or ((), (), ())
    return Owners(*columns)


def known_timezones(connection: Connection) -> tuple[str, ...]:
    """Names of time zones that the database knows."""
    return tuple(connection.exec_driver_sql(_text("timezones")).scalars())


def _text(name: str) -> str:
    return (resources.files("credit.intake") / "sql" / f"{name}.sql").read_text("utf-8")


@contextmanager
def _translated(kind: str) -> Iterator[None]:
    try:
        yield
    except psycopg2.Error as error:
        raise IntakeError(f"{kind}: the database refused the load: {str(error).strip()}") from error
