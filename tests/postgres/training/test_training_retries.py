"""A run of training that was asked for, tried again, found done, or in the way of another."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from credit.database import models
from credit.database.errors import BusyError
from credit.database.pipeline_runs import (
    KILLED,
    PipelineRun,
    UnknownRunError,
    fail_run,
    get_run,
    insert_active,
    list_runs,
    request_training,
    training_lock,
)
from credit.database.schema import PROMOTION_EVENTS
from credit.database.session_lock import locked_session
from credit.database.training_runs import RunClosedError, RunWish, TrainingRun, close_run, training_run
from tests.postgres.training.population import CASH, NOW, SMALL, order, runs
from trainer.deployment import Deployment
from trainer.errors import InsufficientRowsError
from trainer.pipeline import train

RUN, OTHER = UUID(int=1), UUID(int=2)
LATER = NOW + timedelta(hours=1)


def request(engine, run_id=RUN, batch_id=None, workflow="w1"):
    with engine.begin() as connection:
        return request_training(
            connection,
            run_id=run_id,
            portfolio=CASH.name,
            batch_id=batch_id,
            requested_by="anna",
            workflow=workflow,
            now=NOW,
        )


def row(engine, run_id=RUN):
    with engine.connect() as connection:
        return get_run(connection, run_id)


def begun(engine, **wish):
    """Begin a run and let it fail, as a process that ends with an error."""
    with suppress(InterruptedError), training_run(engine, RunWish(CASH.name, **wish), now=LATER) as run:
        assert isinstance(run, TrainingRun)
        raise InterruptedError("the disk is full")
    return run


def left_running(engine, run_id, batch_id=None):
    """A row as a killed process leaves it."""
    run = PipelineRun(run_id, "train", CASH.name, batch_id, "running", None, None, NOW, {}, NOW, None)
    with engine.begin() as connection:
        insert_active(connection, run)


def test_a_run_that_was_asked_for_is_begun_with_what_was_asked(engine):
    request(engine, batch_id="B-1")
    run = begun(engine, run_id=RUN, workflow="w1")
    assert replace(run, begun_at=NOW, _since=0) == TrainingRun(
        RUN, CASH.name, "B-1", NOW, "anna", begun_at=NOW, _since=0
    )
    found = row(engine)
    assert (found.state, found.as_of, found.started_at) == ("failed", NOW, LATER)
    assert found.outcome == {
        "error": "InterruptedError: the disk is full",
        "workflows": [{"workflow": "w1", "status": "Running"}],
    }


def test_a_try_that_failed_is_told_of_by_the_next(engine):
    begun(engine, run_id=RUN)
    with training_run(engine, RunWish(CASH.name, RUN, workflow="w2"), now=LATER + timedelta(hours=1)) as run:
        assert run.as_of == LATER
        found = row(engine)
    (tried,) = found.outcome["tries"]
    assert (found.state, found.workflow, found.finished_at) == ("running", "w2", None)
    assert tried["error"] == "InterruptedError: the disk is full"


def test_a_run_that_a_killed_process_left_is_gone_on_with_by_its_id(engine):
    left_running(engine, RUN)
    with training_run(engine, RunWish(CASH.name, RUN), now=LATER), engine.connect() as connection:
        (found,) = list_runs(connection)
    assert found.outcome == {"tries": [{"error": KILLED, "until": LATER.isoformat()}]}


@pytest.mark.parametrize("state", ["succeeded", "refused"])
def test_a_run_that_has_a_result_is_given_as_it_is_even_while_its_session_lingers(engine, state):
    with training_run(engine, RunWish(CASH.name, RUN), now=NOW) as run, engine.begin() as connection:
        close_run(connection, run, state=state, outcome={"model_id": "m"}, now=NOW)
    ended = row(engine)
    with (
        locked_session(engine, training_lock(CASH.name, None), busy=""),
        training_run(engine, RunWish(CASH.name, RUN), now=LATER) as again,
    ):
        assert again == ended
    assert row(engine) == ended


def test_a_run_without_an_id_makes_way_for_the_one_that_was_asked_for(engine):
    request(engine, batch_id="B-1")
    message = f"cash_advance: train run {RUN} of batch B-1 is asked for and has not begun in workflow w1"
    with pytest.raises(BusyError, match=message), training_run(engine, RunWish(CASH.name, batch_id="B-1"), now=LATER):
        pass
    begun(engine, batch_id="B-2")
    begun(engine)


def test_who_comes_while_a_run_is_alive_is_told_which(engine):
    with (
        training_run(engine, RunWish(CASH.name, RUN, workflow="w1"), now=NOW),
        pytest.raises(BusyError, match=f"train run {RUN} is running in workflow w1 since 2024-01-01 00:00 UTC"),
        training_run(engine, RunWish(CASH.name, OTHER), now=LATER),
    ):
        pass


def test_two_batches_are_trained_at_once(engine):
    with (
        training_run(engine, RunWish(CASH.name, batch_id="B-1"), now=NOW) as one,
        training_run(engine, RunWish(CASH.name, batch_id="B-2"), now=NOW) as two,
        training_run(engine, RunWish(CASH.name), now=NOW) as three,
    ):
        assert [run.batch_id for run in (one, two, three)] == ["B-1", "B-2", None]


def test_a_retry_waits_for_the_run_that_took_its_place(engine):
    begun(engine, run_id=RUN)
    with (
        training_run(engine, RunWish(CASH.name, OTHER), now=LATER),
        pytest.raises(BusyError, match=f"train run {OTHER} is running"),
        training_run(engine, RunWish(CASH.name, RUN), now=LATER),
    ):
        pass
    request(engine, UUID(int=3))
    with (
        pytest.raises(BusyError, match="00000003 is asked for"),
        training_run(engine, RunWish(CASH.name, RUN), now=NOW),
    ):
        pass


def test_a_new_run_closes_the_one_that_a_killed_process_left(engine):
    left_running(engine, RUN, "B-1")
    begun(engine, run_id=OTHER, batch_id="B-1")
    assert (row(engine).state, row(engine).outcome) == ("failed", {"error": KILLED})


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"batch_id": "B-2"}, f"run {RUN} is of batch B-1, not of B-2"),
        ({"portfolio": "other"}, f"run {RUN} is no training of other: it is a train run of cash_advance"),
    ],
)
def test_a_run_of_something_else_is_left_alone(engine, wish, message):
    request(engine, batch_id="B-1")
    with (
        pytest.raises(UnknownRunError, match=message),
        training_run(engine, RunWish(**{"portfolio": CASH.name, "run_id": RUN} | wish), now=LATER),
    ):
        pass
    assert row(engine).state == "requested"


def test_a_batch_names_the_model_and_who_asked_is_who_deploys(engine, populate, tmp_path):
    populate(110)
    request(engine, batch_id="BATCH-001")
    wish = order(tmp_path, deployment=Deployment(actor="trainer"), run_id=RUN, batch_id="BATCH-001", workflow="w1")
    report = train(engine, wish, now=LATER)
    assert report.model_id == "model_BATCH-001_20240101_010000"
    with engine.connect() as connection:
        registered = models.get(connection, report.model_id)
        actor = connection.execute(select(PROMOTION_EVENTS.c.actor)).scalar_one()
    assert (registered.batch_id, registered.run_id, actor) == ("BATCH-001", RUN, "anna")
    ended = row(engine)
    assert ended.outcome == {
        "model_id": report.model_id,
        "decision": "champion",
        "reason": "there is no champion yet",
        "source": "audits",
        "workflows": [{"workflow": "w1", "status": "Running"}],
    }
    assert train(engine, wish, now=LATER + timedelta(hours=1)) == ended
    with engine.connect() as connection:
        assert len(models.list_models(connection)) == 1


def test_a_refused_run_is_not_tried_again(engine, tmp_path):
    with pytest.raises(InsufficientRowsError):
        train(engine, order(tmp_path, run_id=RUN), now=NOW)
    again = train(engine, order(tmp_path, run_id=RUN), now=LATER)
    assert isinstance(again, PipelineRun)
    assert (again.state, "0 labelled rows" in again.outcome["error"]) == ("refused", True)


def test_a_run_that_somebody_closed_registers_nothing(engine, populate, tmp_path):
    populate(110)

    def close(what, _done, _total):
        if what == "bundle published":
            with engine.begin() as connection:
                assert fail_run(connection, RUN, error="stopped by anna", now=LATER)

    with pytest.raises(
        RunClosedError, match="closed as failed while it trained \\(stopped by anna\\): its model is not"
    ):
        train(engine, order(tmp_path, SMALL, run_id=RUN), now=NOW, progress=close)
    assert runs(engine) == [("failed", {"error": "stopped by anna"})]
    with engine.connect() as connection:
        assert models.list_models(connection) == ()
