"""How a workflow ended, recorded with its runs; told again nothing changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from credit.database.pipeline_runs import PipelineRun, get_run, insert_active, list_runs
from credit.database.workflow_ends import WorkflowEnd, record_end
from credit.run_outcomes import with_workflow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=4)
RUN = UUID(int=1)
TRAINING = PipelineRun(RUN, "train", "cash_advance", "B-1", "running", "w1", "anna", NOW, {}, NOW, None)
SCORING = replace(TRAINING, kind="score", batch_id=None, requested_by=None, outcome=with_workflow({}, "w1"), shards=3)
FAILED = WorkflowEnd("w1", "train", "cash_advance", "Failed", "train: OOMKilled (exit code 137)")
ERROR = "workflow w1 ended as Failed: train: OOMKilled (exit code 137)"
ENDED = {
    "workflow": "w1",
    "status": "Failed",
    "message": "train: OOMKilled (exit code 137)",
    "ended_at": LATER.isoformat(),
}


@pytest.fixture
def connection(database, request):
    with database.engine(getattr(request, "param", "blink_trainer")).connect() as connection:
        yield connection


def insert(connection, run):
    insert_active(connection, run)
    connection.commit()


def record(connection, end, now=LATER):
    """Record an end twice: the second time, later, changes nothing."""
    first = record_end(connection, end, now=now)
    connection.commit()
    assert record_end(connection, end, now=now + timedelta(hours=1)) == first
    connection.commit()
    return first


@pytest.mark.parametrize("state", ["requested", "running"])
def test_a_training_that_its_workflow_left_is_closed(connection, state):
    insert(connection, replace(TRAINING, state=state))
    closed = replace(TRAINING, state="failed", outcome={"error": ERROR, "workflows": [ENDED]}, finished_at=LATER)
    assert record(connection, FAILED) == (closed,)


def test_one_that_was_asked_for_before_its_workflow_had_a_name_is_found_by_its_id(connection):
    insert(connection, replace(TRAINING, state="requested", workflow=None))
    (run,) = record(connection, replace(FAILED, run_id=RUN))
    assert (run.state, run.outcome["error"]) == ("failed", ERROR)


def test_a_training_that_another_workflow_carries_by_now_is_left_to_it(connection):
    outcome = with_workflow(with_workflow({}, "w1"), "w2")
    insert(connection, replace(TRAINING, workflow="w2", outcome=outcome))
    (run,) = record(connection, FAILED)
    assert run.state == "running"
    assert run.outcome == {"workflows": [{"workflow": "w2", "status": "Running"}, ENDED]}


def test_what_was_asked_for_and_never_begun_does_not_block_its_batch_for_ever(connection):
    insert(connection, replace(TRAINING, state="requested"))
    (run,) = record(connection, replace(FAILED, status="Succeeded", message=""))
    assert (run.state, run.outcome["error"]) == ("failed", "workflow w1 ended as Succeeded")


def test_a_success_leaves_a_running_training_alone(connection):
    insert(connection, TRAINING)
    (run,) = record(connection, replace(FAILED, status="Succeeded", message=""))
    assert run.state == "running"


@pytest.mark.parametrize("connection", ["blink_scorer"], indirect=True)
def test_a_scoring_stays_for_the_next_plan_to_take_up(connection):
    insert(connection, SCORING)
    assert record(connection, replace(FAILED, kind="score")) == (replace(SCORING, outcome={"workflows": [ENDED]}),)


@pytest.mark.parametrize(
    ("connection", "kind"), [("blink_scorer", "score"), ("blink_trainer", "train")], indirect=["connection"]
)
def test_a_workflow_that_failed_before_any_run_was_recorded_gets_one_that_says_so(connection, kind):
    (run,) = record(connection, replace(FAILED, kind=kind))
    assert replace(run, run_id=RUN) == PipelineRun(
        RUN,
        kind,
        "cash_advance",
        None,
        "failed",
        "w1",
        None,
        LATER,
        {"error": ERROR, "workflows": [ENDED]},
        LATER,
        LATER,
    )
    assert get_run(connection, run.run_id) == run
    assert list_runs(connection) == (run,)


def test_it_gets_the_id_that_it_was_given(connection):
    (run,) = record(connection, replace(FAILED, run_id=RUN))
    assert run.run_id == RUN


def test_a_workflow_that_succeeded_without_a_run_had_nothing_to_do(connection):
    assert record(connection, replace(FAILED, kind="score", status="Succeeded", message="")) == ()
