"""Connections to a database that says nothing, and what errors say of what was being written."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, event, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from credit.database.connection import connect
from credit.database.copying import copy_rows, copy_rows_while, line_of
from credit.database.driver_connection import Look, ServerSilentError, Watch
from tests.postgres.silence import StoppedSession, Wire, stopped

PEOPLE = Table("people", MetaData(), Column("number", Integer, primary_key=True), Column("name", Text))
COLUMNS = ("number", "name")
LONG = 60


@pytest.fixture
def engine(database):
    engine = connect(database.url, silent_seconds=1.0)
    database.engines.append(engine)
    PEOPLE.metadata.create_all(engine)
    return engine


@pytest.fixture
def session():
    session = StoppedSession()
    yield session
    session.go_on()


def pid_of(connection) -> int:
    return connection.connection.dbapi_connection.get_backend_pid()


def silent(work) -> None:
    """The work fails because nobody answers, by itself."""
    with ThreadPoolExecutor(1) as thread:
        fault = thread.submit(work).exception(timeout=LONG)
    assert isinstance(fault, OperationalError), fault
    assert isinstance(fault.orig, ServerSilentError)


def test_a_statement_that_nobody_answers_is_given_up(engine, session):
    def work() -> None:
        with engine.begin() as connection:
            session.stop(pid_of(connection))
            connection.execute(text("SELECT 1"))

    silent(work)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT 1")) == 1, "another connection takes its place"


@pytest.mark.parametrize("rows", [10, 200_000])
def test_a_copy_that_nobody_reads_is_given_up(engine, session, rows):
    def work() -> None:
        with engine.begin() as connection:
            session.stop(pid_of(connection))
            copy_rows(connection, PEOPLE, COLUMNS, (line_of(str(number), "x" * 100) for number in range(rows)))

    silent(work)
    session.go_on()
    with engine.begin() as connection:
        assert connection.execute(select(PEOPLE)).all() == []


def test_a_commit_that_nobody_answers_is_given_up(engine, session):
    event.listen(engine, "commit", lambda connection: session.stop(pid_of(connection)))

    def work() -> None:
        with engine.begin() as connection:
            copy_rows_while(connection, PEOPLE, COLUMNS, [line_of("1", "a")], lambda: None)

    silent(work)


def test_a_connection_that_was_at_rest_is_asked_first_and_given_up(engine, session, monkeypatch):
    monkeypatch.setattr("credit.database.connection._FRESH_SECONDS", 0.0)
    with engine.begin() as connection:
        pid = pid_of(connection)
    session.stop(pid)
    silent(engine.connect)


def test_a_server_that_is_stopped_is_not_waited_for_and_one_that_goes_on_is_connected_to(engine, server):
    engine.dispose()
    with stopped(server):
        silent(engine.connect)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_while_a_server_is_silent_others_do_not_wait_as_long_again_and_a_busy_one_is_not_silent():
    watch = Watch(6.0)
    first, late, coming = Waiting(24), Waiting(3), Waiting(4)
    watch._look([first, late, coming])
    assert [first.was_cut, late.was_cut, coming.was_cut] == [True, False, True]
    watch._look([late])
    assert late.was_cut
    alone, busy, long = Waiting(24), Waiting(0, answered=True), Waiting(23)
    watch = Watch(6.0)
    watch._look([alone, busy, long])
    assert [alone.was_cut, long.was_cut] == [True, False]
    watch = Watch(6.0)
    watch._look([Waiting(24)])
    for _ in range(24):
        watch._look([])
    after = Waiting(23)
    watch._look([after])
    assert not after.was_cut, "sooner or later it is asked in earnest again"


class Waiting:
    """Stands in for a connection in a call that runs for the given rounds, and one more each look."""

    def __init__(self, rounds: int, *, answered: bool = False) -> None:
        self._rounds = rounds - 1
        self._answered = answered
        self.was_cut = False

    def looked_at(self) -> Look:
        self._rounds += 1
        return Look(self._rounds, answered=self._answered)

    def cut(self) -> None:
        self.was_cut = True


def test_work_of_many_statements_that_takes_longer_is_not_cut(engine):
    with engine.begin() as connection:
        for _ in range(8):
            connection.execute(text("SELECT pg_sleep(0.25)"))


def test_over_tcp_a_wire_that_carries_nothing_is_given_up_and_no_thread_stays(server, database):
    wire = Wire(server)
    name = database.name
    engine = connect(f"postgresql://postgres@127.0.0.1:{wire.port}/{name}?sslmode=disable", silent_seconds=1.0)

    def work() -> None:
        with engine.begin() as connection:
            wire.cut()
            connection.execute(text("SELECT 1"))

    silent(work)
    silent(engine.connect)
    wire.mend()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    engine.dispose()
    for thread in threading.enumerate():
        if thread.name in {"blink-connecting", "blink-watch"}:
            thread.join(timeout=LONG)
            assert not thread.is_alive()
    wire.close()


def test_a_session_that_loses_its_client_ends_in_a_minute(database):
    engine = connect(database.url)
    with engine.connect() as connection:
        settings = connection.execute(text("SELECT current_setting('timezone'), current_setting('datestyle')")).one()
        assert tuple(settings) == ("UTC", "ISO, MDY")
        options = connection.connection.dbapi_connection.get_dsn_parameters()["options"]
    engine.dispose()
    for setting in ("tcp_keepalives_idle=30", "tcp_keepalives_interval=10", "tcp_keepalives_count=3"):
        assert setting in options


CASES = {
    "a value": (["no number\tAda"], "invalid input syntax for type integer"),
    "a row": (["1\tAda"], 'new row for relation "people" violates check constraint "nobody"'),
    "a key": (["2\tEve", "2\tEve"], 'duplicate key value violates unique constraint "people_pkey"'),
}


@pytest.mark.parametrize("case", CASES)
def test_an_error_quotes_nothing_that_was_being_written(engine, case, caplog):
    lines, said = CASES[case]
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE people ADD CONSTRAINT nobody CHECK (name <> 'Ada')"))
    with pytest.raises(DBAPIError) as raised, engine.begin() as connection:
        copy_rows(connection, PEOPLE, COLUMNS, lines)
    logging.getLogger("test").error("it failed", exc_info=raised.value)
    assert str(raised.value.orig) == said
    assert said in caplog.text
    for quoted in ("Ada", "Eve", "CONTEXT", "DETAIL"):
        assert quoted not in caplog.text


def test_an_error_of_many_statements_quotes_nothing(engine):
    rows = [{"number": 1, "name": "Bo"}, {"number": 1, "name": "Ada"}]
    update = text("UPDATE people SET number = 1 WHERE name = :name")
    with engine.begin() as connection:
        copy_rows(connection, PEOPLE, COLUMNS, ["2\tBo", "3\tAda"])
    with pytest.raises(DBAPIError) as raised, engine.begin() as connection:
        connection.execute(update, rows)
    assert str(raised.value.orig) == 'duplicate key value violates unique constraint "people_pkey"'


def test_an_error_in_a_statement_quotes_none_of_its_parameters(engine, caplog):
    name = CASES["a value"][0][0].split("\t")[1]  # a traceback quotes this file
    with pytest.raises(DBAPIError) as raised, engine.begin() as connection:
        connection.execute(text("SELECT CAST(:name AS text) + nothing"), {"name": name})
    logging.getLogger("test").error("it failed", exc_info=raised.value)
    assert "column" in str(raised.value.orig)
    assert "Ada" not in caplog.text


def test_an_error_of_names_keeps_what_helps(engine):
    with (
        pytest.raises(DBAPIError, match="function nothing\\(\\) does not exist\nNo function matches"),
        engine.begin() as connection,
    ):
        connection.execute(text("SELECT nothing()"))
