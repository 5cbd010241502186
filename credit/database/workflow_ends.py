"""How a workflow ended, recorded with the runs that it carried."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection

from credit.database.pipeline_runs import (
    PipelineRun,
    fail_run,
    find_run,
    insert_failed,
    runs_of_workflow,
    write_outcome,
)
from credit.run_outcomes import with_workflow_end

SUCCEEDED = "Succeeded"


@dataclass(frozen=True, slots=True)
class WorkflowEnd:
    """What Argo knows of a workflow that has ended."""

    workflow: str
    kind: str
    """score or train."""
    portfolio: str
    status: str
    """Succeeded, Failed or Error."""
    message: str
    """Why; empty where nobody said."""
    run_id: UUID | None = None
    """The run that it was started for, where one was asked for."""


def record_end(connection: Connection, end: WorkflowEnd, *, now: datetime) -> tuple[PipelineRun, ...]:
    """Record the end of a workflow, and give its runs as they are now; told again nothing changes.

    A training that its workflow left without a result is closed as failed: nobody will take it up again. A run of
    scoring stays running, since the next plan takes it up. A workflow that failed before any run was recorded gets
    one that says so.
    """
    found = _runs(connection, end)
    if not found and end.status != SUCCEEDED:
        insert_failed(connection, _never_begun(end, now))
    for run in found:
        # Before it is closed: what it says of itself goes before what the workflow says of it.
        outcome = with_workflow_end(run.outcome, end.workflow, status=end.status, message=end.message, at=now)
        write_outcome(connection, run.run_id, outcome)
        if _is_left(run, end):
            fail_run(connection, run.run_id, error=_error(end), now=now)
    return _runs(connection, end)


def _runs(connection: Connection, end: WorkflowEnd) -> tuple[PipelineRun, ...]:
    carried = runs_of_workflow(connection, kind=end.kind, portfolio=end.portfolio, workflow=end.workflow)
    if end.run_id is None or any(run.run_id == end.run_id for run in carried):
        return carried
    asked_for = find_run(connection, end.run_id, lock=True)
    return carried if asked_for is None else (*carried, asked_for)


def _is_left(run: PipelineRun, end: WorkflowEnd) -> bool:
    """Whether the workflow left a training without a result.

    One that another workflow carries by now is that one's. A workflow that succeeded without having begun what was
    asked for will not begin it either.
    """
    if run.kind != "train" or run.workflow not in {None, end.workflow}:
        return False
    return run.state == "requested" or (run.state == "running" and end.status != SUCCEEDED)


def _error(end: WorkflowEnd) -> str:
    return f"workflow {end.workflow} ended as {end.status}" + (f": {end.message}" if end.message else "")


def _never_begun(end: WorkflowEnd, now: datetime) -> PipelineRun:
    outcome = with_workflow_end({}, end.workflow, status=end.status, message=end.message, at=now)
    return PipelineRun(
        run_id=end.run_id or uuid4(),
        kind=end.kind,
        portfolio=end.portfolio,
        batch_id=None,
        state="failed",
        workflow=end.workflow,
        requested_by=None,
        as_of=now,
        outcome={**outcome, "error": _error(end)},
        started_at=now,
        finished_at=now,
    )
