"""Shards scored by processes at once, and steps killed with SIGKILL: nothing is lost, nothing is there twice."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from credit.database.audit_reading import verify_writer
from predictor.batch.plan import Wish
from predictor.batch.separate_steps import finish_planned, plan_steps, score_planned_shard
from tests.postgres.scoring.world import FIRST, PORTFOLIO, World, add_subjects, names

SUBJECTS = names(20)
_WAIT_SECONDS = 60
_BETWEEN_LOOKS = Event()


@pytest.fixture
def run_id(world: World) -> UUID:
    """A planned run of twenty subjects in three shards."""
    add_subjects(world.owner, SUBJECTS[7:])
    steps = plan_steps(world.scorer, Wish(PORTFOLIO.name, shards=3))
    assert steps is not None
    assert steps.shards == (0, 1, 2)
    return steps.run.run_id


@contextmanager
def a_step(world: World, run_id: UUID, step: int | str, batches: int = 0) -> Iterator[subprocess.Popen[str]]:
    arguments = [world.url, str(world.model_dir), str(run_id), str(step), str(batches)]
    command = [sys.executable, "-m", "tests.postgres.scoring.killed_step", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def complete(world: World, run_id: UUID, shard: int) -> int:
    return score_planned_shard(world.scorer, PORTFOLIO, world.load, run_id=run_id, shard=shard)


def wait_until_free(world: World, lock: str) -> None:
    """Wait until the server has noticed that the killed session is gone."""
    with world.owner.connect() as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_SECONDS}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:lock, 0))"), {"lock": lock})


def wait_until_somebody_waits(connection: Connection) -> None:
    """Wait until another session waits for what `connection` has locked."""
    # Not pg_stat_activity: within a transaction it shows what the first look at it found.
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))")
    for _ in range(_WAIT_SECONDS * 100):
        if connection.execute(waiting).scalar_one():
            return
        _BETWEEN_LOOKS.wait(0.01)  # the process that is waited for needs the core more
    raise TimeoutError


def check_that_all_is_there_once(world: World, run_id: UUID) -> None:
    run, total = finish_planned(world.scorer, PORTFOLIO.name, run_id)
    assert total == len(SUBJECTS)
    assert sorted(world.audited()) == [(subject, FIRST, run.as_of) for subject in SUBJECTS]
    assert world.latest() == dict.fromkeys(SUBJECTS, (run.as_of, FIRST))
    assert [state for state, _ in world.runs()] == ["succeeded"]
    with world.owner.connect() as connection:
        counts = [verify_writer(connection, f"batch/cash_advance/{shard}").sequence for shard in range(3)]
    assert sum(counts) == len(world.batches())
    assert plan_steps(world.scorer, Wish(PORTFOLIO.name, shards=3)) is None


def test_three_shards_at_once_with_one_killed_and_tried_again(world: World, run_id: UUID):
    with (
        a_step(world, run_id, 1, batches=2) as killed,
        a_step(world, run_id, 0) as zero,
        a_step(world, run_id, 2) as two,
    ):
        assert killed.stdout is not None
        assert killed.stdout.readline() == "committed\n"
        killed.kill()
        assert [other.wait(_WAIT_SECONDS) for other in (zero, two)] == [0, 0]
    wait_until_free(world, "blink.score:cash_advance:1")
    assert 0 < len(world.audited()) < len(SUBJECTS)
    complete(world, run_id, 1)
    check_that_all_is_there_once(world, run_id)


def test_a_shard_killed_inside_a_transaction_loses_that_one_alone(world: World, run_id: UUID):
    with world.owner.connect() as connection:
        connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended('blink.audits:batch/cash_advance/0', 0))")
        )
        with a_step(world, run_id, 0):
            wait_until_somebody_waits(connection)
        connection.rollback()
    wait_until_free(world, "blink.score:cash_advance:0")
    assert world.audited() == []
    for shard in range(3):
        complete(world, run_id, shard)
    check_that_all_is_there_once(world, run_id)


def test_a_killed_finish_is_done_by_the_next(world: World, run_id: UUID):
    for shard in range(3):
        complete(world, run_id, shard)
    with world.owner.connect() as connection:
        connection.execute(text("SELECT FROM blink.scoring_progress WHERE shard = 2 FOR UPDATE"))
        with a_step(world, run_id, "finish"):
            wait_until_somebody_waits(connection)
        connection.rollback()
    wait_until_free(world, "blink.score:cash_advance")
    assert [state for state, _ in world.runs()] == ["running"]
    check_that_all_is_there_once(world, run_id)
