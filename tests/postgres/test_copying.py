"""COPY on real servers: row by row as it was sent, and work done while the database inserts."""

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, func, select
from sqlalchemy.exc import DBAPIError

from credit.database.copying import copy_rows, copy_rows_while, line_of, text_field

PLACES = Table("places", MetaData(), Column("number", Integer, primary_key=True), Column("name", Text))
COLUMNS = ("number", "name")


class OurFaultError(Exception):
    pass


@pytest.fixture
def engine(database):
    engine = database.engine()
    PLACES.metadata.create_all(engine)
    return engine


def lines(count):
    return (line_of(str(number), text_field(f"pl\täce\\ {number}\n" * 20)) for number in range(count))


@pytest.mark.parametrize("count", [0, 1, 5000])
def test_the_work_is_done_once_and_every_row_is_there(engine, count):
    worked = []
    with engine.begin() as connection:
        given = copy_rows_while(connection, PLACES, COLUMNS, lines(count), lambda: worked.append("now") or "found")
    with engine.connect() as connection:
        stored = connection.execute(select(PLACES).order_by(PLACES.c.number)).all()
    assert (given, worked) == ("found", ["now"])
    assert stored == [(number, f"pl\täce\\ {number}\n" * 20) for number in range(count)]


def test_a_fault_of_the_work_is_raised_as_it_is_and_nothing_is_written(engine):
    fault = OurFaultError("the engine failed")

    def fail():
        raise fault

    with pytest.raises(OurFaultError) as raised, engine.begin() as connection:
        copy_rows_while(connection, PLACES, COLUMNS, lines(100), fail)
    assert raised.value is fault
    with engine.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(PLACES)) == 0
        copy_rows(connection, PLACES, COLUMNS, lines(2), after="INSERT INTO places VALUES (7, 'first')")
    with engine.connect() as connection:
        assert list(connection.scalars(select(PLACES.c.number).order_by(PLACES.c.number))) == [0, 1, 7]


def test_a_row_that_the_database_refuses_is_its_error_whatever_the_work_gave(engine):
    wrong = [*lines(3), line_of("no number", "x")]
    with (
        pytest.raises(DBAPIError, match=r"\) invalid input syntax for type integer\n"),
        engine.begin() as connection,
    ):
        copy_rows_while(connection, PLACES, COLUMNS, wrong, lambda: 1)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(PLACES)) == 0
