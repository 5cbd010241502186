"""A run killed with SIGKILL, between its transactions and inside one, loses and doubles nothing."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest
from sqlalchemy import Connection, text

from credit.database.audit_reading import verify_writer
from tests.postgres.scoring.world import FIRST, World, names

SUBJECTS = names(7)
WRITER = "batch/cash_advance/0"
_WAIT_SECONDS = 60
_BETWEEN_LOOKS = Event()


@contextmanager
def a_run(world: World, batches: int) -> Iterator[subprocess.Popen[str]]:
    arguments = [world.url, str(world.model_dir), str(batches)]
    command = [sys.executable, "-m", "tests.postgres.scoring.killed_run", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for_its_end(connection: Connection) -> None:
    """Wait until the server has noticed that the killed session is gone."""
    connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_SECONDS}s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('blink.score:cash_advance', 0))"))
    connection.rollback()


def wait_until_it_wants(connection: Connection, lock: str) -> None:
    """Wait until another session waits for the advisory lock that `connection` holds."""
    waiting = text("""
        SELECT count(*) FROM pg_locks, (SELECT hashtextextended(:lock, 0) AS key) AS wanted
        WHERE locktype = 'advisory' AND NOT granted
          AND (CAST(classid AS bigint) << 32) | CAST(objid AS bigint) = key
    """)
    for _ in range(_WAIT_SECONDS * 100):
        if connection.execute(waiting, {"lock": lock}).scalar_one():
            return
        _BETWEEN_LOOKS.wait(0.01)  # the process that is waited for needs the core more
    raise TimeoutError(lock)


def check_that_all_is_there_once(world: World) -> None:
    outcome = world.score(batch_size=2)
    assert (outcome.total, outcome.resumed) == (7, True)
    assert world.audited() == [(subject, FIRST, outcome.as_of) for subject in SUBJECTS]
    assert world.latest() == dict.fromkeys(SUBJECTS, (outcome.as_of, FIRST))
    with world.owner.connect() as connection:
        assert verify_writer(connection, WRITER).sequence == len(world.batches())


@pytest.mark.parametrize("batches", [1, 3])
def test_a_run_killed_between_two_transactions_goes_on(world: World, batches: int):
    with a_run(world, batches) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "committed\n"
    with world.owner.connect() as connection:
        wait_for_its_end(connection)
    assert len(world.audited()) == 2 * batches
    check_that_all_is_there_once(world)


def test_a_run_killed_inside_a_transaction_goes_on(world: World):
    lock = f"blink.audits:{WRITER}"
    with world.owner.connect() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:lock, 0))"), {"lock": lock})
        with a_run(world, 0):
            wait_until_it_wants(connection, lock)
        connection.rollback()
        wait_for_its_end(connection)
    assert world.audited() == []
    check_that_all_is_there_once(world)
