"""Runs that are asked for: one active for each portfolio and batch, closed by whoever finds them left behind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from credit.batches import BatchIdError
from credit.database.pipeline_runs import (
    KILLED,
    PipelineRun,
    RunActiveError,
    UnknownRunError,
    active_runs,
    fail_run,
    get_run,
    list_runs,
    request_training,
    training_lock,
)
from credit.database.session_lock import locked_session

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIRST, SECOND = UUID(int=1), UUID(int=2)
REQUESTED = PipelineRun(
    run_id=FIRST,
    kind="train",
    portfolio="cash_advance",
    batch_id="B-1",
    state="requested",
    workflow="blink-train-x",
    requested_by="anna",
    as_of=NOW,
    outcome={},
    started_at=NOW,
    finished_at=None,
)


@pytest.fixture
def connection(database):
    """As the role of the control Deployment."""
    with database.engine("blink_trainer").connect() as connection:
        yield connection


def request(connection, run_id=FIRST, batch_id="B-1", workflow="blink-train-x", now=NOW):
    run = request_training(
        connection,
        run_id=run_id,
        portfolio="cash_advance",
        batch_id=batch_id,
        requested_by="anna",
        workflow=workflow,
        now=now,
    )
    connection.commit()
    return run


def make_running(connection, run_id, workflow=None):
    statement = "UPDATE blink.pipeline_runs SET state = 'running', workflow = :workflow WHERE run_id = :run_id"
    connection.execute(text(statement), {"run_id": run_id, "workflow": workflow})
    connection.commit()


def test_a_training_that_is_asked_for_is_a_row_that_anybody_can_read(connection, database):
    assert request(connection) == REQUESTED
    with database.engine("blink_reader").connect() as reader:
        assert get_run(reader, FIRST) == REQUESTED
        assert active_runs(reader, kind="train") == (REQUESTED,)
        assert active_runs(reader, kind="score") == ()


def test_a_second_one_of_the_same_batch_is_refused_with_the_first_ones_id(connection):
    request(connection)
    with pytest.raises(RunActiveError, match=f"run {FIRST} of batch B-1 is asked for and has not begun") as caught:
        request(connection, SECOND)
    assert caught.value.run_id == FIRST
    connection.rollback()
    assert request(connection, SECOND, batch_id="B-2").run_id == SECOND
    assert request(connection, UUID(int=3), batch_id=None).batch_id is None
    with pytest.raises(RunActiveError) as caught:
        request(connection, uuid4(), batch_id=None)
    assert caught.value.run_id == UUID(int=3)


def test_after_the_first_has_ended_the_batch_is_free(connection):
    request(connection)
    assert fail_run(connection, FIRST, error="no such template", now=NOW + HOUR)
    assert not fail_run(connection, FIRST, error="again", now=NOW + 2 * HOUR)
    ended = replace(REQUESTED, state="failed", outcome={"error": "no such template"}, finished_at=NOW + HOUR)
    assert get_run(connection, FIRST) == ended
    assert request(connection, SECOND, now=NOW + HOUR).state == "requested"
    assert [run.run_id for run in list_runs(connection)] == [SECOND, FIRST]
    assert list_runs(connection, limit=1, kind="train", portfolio="cash_advance")[0].run_id == SECOND
    assert list_runs(connection, kind="score") == list_runs(connection, portfolio="other") == ()


def test_a_run_whose_process_was_killed_does_not_block_its_batch(connection):
    request(connection)
    make_running(connection, FIRST)
    assert request(connection, SECOND, now=NOW + HOUR).run_id == SECOND
    assert get_run(connection, FIRST).outcome == {"error": KILLED}


def test_a_run_whose_process_lives_blocks_it(connection, database):
    request(connection)
    make_running(connection, FIRST)
    with (
        locked_session(database.engine(), training_lock("cash_advance", "B-1"), busy=""),
        pytest.raises(RunActiveError, match="is running"),
    ):
        request(connection, SECOND)


def test_a_run_that_a_workflow_may_take_up_again_blocks_it(connection):
    request(connection)
    make_running(connection, FIRST, workflow="blink-train-x")
    with pytest.raises(RunActiveError, match="is running in workflow blink-train-x since 2026-03-01 12:00 UTC"):
        request(connection, SECOND)


@pytest.mark.parametrize("wrong", ["", "a/b", "../x", "-a", "_a", "a b", "x" * 81, "é", "a\n"])
def test_a_batch_whose_name_cannot_be_used_is_refused(connection, wrong):
    with pytest.raises(BatchIdError, match="must be letters, digits, _ and -, 80 at most"):
        request(connection, batch_id=wrong)
    assert list_runs(connection) == ()


def test_a_run_that_is_not_there_is_named(connection):
    with pytest.raises(UnknownRunError, match=f"no run {FIRST}: see blink runs list"):
        get_run(connection, FIRST)
