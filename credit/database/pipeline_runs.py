"""Runs of the pipeline: asked for, listed, read, closed. How scoring and training begin theirs stands beside this."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Update, desc, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from credit.batches import checked_batch_id
from credit.database.errors import DatabaseError
from credit.database.schema import ACTIVE_RUN, ACTIVE_RUN_KEY, PIPELINE_RUNS

Json = Any
"""A JSON value as `json` reads it."""

KILLED = "killed before it ended"
_RUNS = PIPELINE_RUNS.c


class RunActiveError(DatabaseError):
    """Another run of the same kind, portfolio and batch is asked for or running."""

    def __init__(self, message: str, run_id: UUID) -> None:
        super().__init__(message)
        self.run_id = run_id
        """The active run's."""


class UnknownRunError(DatabaseError):
    """No run of that id is there, or it is one of another kind or portfolio."""


@dataclass(frozen=True, slots=True)
class PipelineRun:
    """One row of `pipeline_runs`."""

    run_id: UUID
    kind: str
    """score, train or drift."""
    portfolio: str
    batch_id: str | None
    state: str
    """requested, running, succeeded, refused or failed."""
    workflow: str | None
    """The Argo workflow that carries it, the latest."""
    requested_by: str | None
    as_of: datetime
    outcome: Mapping[str, Json]
    started_at: datetime
    """When it was asked for; from its begin on, when its last try began."""
    finished_at: datetime | None
    """None exactly while it is requested or running."""
    shards: int = 1


_COLUMNS = [_RUNS[field.name] for field in fields(PipelineRun)]


def request_training(
    connection: Connection,
    *,
    run_id: UUID,
    portfolio: str,
    batch_id: str | None,
    requested_by: str,
    workflow: str | None,
    now: datetime,
) -> PipelineRun:
    """Record that a training is asked for; `blink train --run-id` begins it. Commit before that can happen.

    Labels are as of `now`. A run that a killed process left behind, and no workflow will take up again, is closed.

    Raises:
        BatchIdError: where the batch's name cannot be used.
        RunActiveError: where a training of the portfolio and batch is asked for or running, with its id.
    """
    batch_id = None if batch_id is None else checked_batch_id(batch_id)
    _close_abandoned(connection, portfolio, batch_id, now=now)
    return insert_active(
        connection,
        PipelineRun(
            run_id=run_id,
            kind="train",
            portfolio=portfolio,
            batch_id=batch_id,
            state="requested",
            workflow=workflow,
            requested_by=requested_by,
            as_of=now,
            outcome={},
            started_at=now,
            finished_at=None,
        ),
    )


def get_run(connection: Connection, run_id: UUID, *, lock: bool = False) -> PipelineRun:
    """The run of that id. With `lock`, nobody else changes it until the transaction ends.

    Raises:
        UnknownRunError: where there is none.
    """
    found = find_run(connection, run_id, lock=lock)
    if found is None:
        raise UnknownRunError(f"no run {run_id}: see blink runs list")
    return found


def find_run(connection: Connection, run_id: UUID, *, lock: bool = False) -> PipelineRun | None:
    """The run of that id; None where there is none. `lock` as in `get_run`."""
    found = select(*_COLUMNS).where(_RUNS.run_id == run_id)
    row = connection.execute(found.with_for_update(key_share=True) if lock else found).mappings().one_or_none()
    return None if row is None else _run(row)


def list_runs(
    connection: Connection, *, portfolio: str | None = None, kind: str | None = None, limit: int = 50
) -> tuple[PipelineRun, ...]:
    """The latest runs, or those of a portfolio or kind, the newest first."""
    found = select(*_COLUMNS).order_by(desc(_RUNS.started_at), _RUNS.run_id).limit(limit)
    for column, wanted in ((_RUNS.portfolio, portfolio), (_RUNS.kind, kind)):
        found = found if wanted is None else found.where(column == wanted)
    return tuple(_run(row) for row in connection.execute(found).mappings())


def active_runs(connection: Connection, *, kind: str) -> tuple[PipelineRun, ...]:
    """The runs of a kind that are requested or running, the oldest first."""
    found = select(*_COLUMNS).where(ACTIVE_RUN, _RUNS.kind == kind).order_by(_RUNS.started_at, _RUNS.run_id)
    return tuple(_run(row) for row in connection.execute(found).mappings())


def active_run(connection: Connection, *, kind: str, portfolio: str, batch_id: str | None) -> PipelineRun | None:
    """The requested or running run of a portfolio and batch; None where there is none."""
    found = select(*_COLUMNS).where(
        ACTIVE_RUN, _RUNS.kind == kind, _RUNS.portfolio == portfolio, _RUNS.batch_id.is_not_distinct_from(batch_id)
    )
    row = connection.execute(found).mappings().one_or_none()
    return None if row is None else _run(row)


def runs_of_workflow(connection: Connection, *, kind: str, portfolio: str, workflow: str) -> tuple[PipelineRun, ...]:
    """The runs of a kind and portfolio that a workflow carries or has carried, locked, the oldest first."""
    carried = (_RUNS.workflow == workflow) | _RUNS.outcome.contains({"workflows": [{"workflow": workflow}]})
    found = select(*_COLUMNS).where(_RUNS.portfolio == portfolio, _RUNS.kind == kind, carried)
    rows = connection.execute(found.order_by(_RUNS.started_at, _RUNS.run_id).with_for_update(key_share=True)).mappings()
    return tuple(_run(row) for row in rows)


def fail_run(connection: Connection, run_id: UUID, *, error: str, now: datetime) -> bool:
    """Close a requested or running run as failed; False where it had ended already."""
    closed = connection.execute(_failed(error, now).where(ACTIVE_RUN, _RUNS.run_id == run_id))
    return closed.rowcount == 1


def write_outcome(connection: Connection, run_id: UUID, outcome: Mapping[str, Json]) -> None:
    """Replace what is recorded of a run; the caller read it locked."""
    connection.execute(update(PIPELINE_RUNS).where(_RUNS.run_id == run_id).values(outcome=dict(outcome)))


def insert_active(connection: Connection, run: PipelineRun) -> PipelineRun:
    """Add a requested or running run.

    Raises:
        RunActiveError: where another one of its kind, portfolio and batch is active.
    """
    values = {field.name: getattr(run, field.name) for field in fields(run)}
    row = upsert(PIPELINE_RUNS).values(**values | {"outcome": dict(run.outcome)})
    new = row.values(pg_snapshot=func.pg_current_snapshot()).on_conflict_do_nothing(
        index_elements=ACTIVE_RUN_KEY, index_where=ACTIVE_RUN
    )
    while connection.execute(new).rowcount == 0:
        # The one that was in the way may have ended since.
        other = active_run(connection, kind=run.kind, portfolio=run.portfolio, batch_id=run.batch_id)
        if other is not None:
            raise RunActiveError(active_text(other), other.run_id)
    return run


def insert_failed(connection: Connection, run: PipelineRun) -> None:
    """Add a run that ended before it could be recorded."""
    values = {field.name: getattr(run, field.name) for field in fields(run)}
    row = upsert(PIPELINE_RUNS).values(**values | {"outcome": dict(run.outcome)})
    connection.execute(row.values(pg_snapshot=func.pg_current_snapshot()))


def active_text(run: PipelineRun) -> str:
    """That a run is active, for people: which one, and how to get on."""
    of_batch = "" if run.batch_id is None else f" of batch {run.batch_id}"
    state = "is asked for and has not begun" if run.state == "requested" else "is running"
    carried = "" if run.workflow is None else f" in workflow {run.workflow}"
    since = f"since {run.started_at:%Y-%m-%d %H:%M} UTC"
    return (
        f"{run.portfolio}: {run.kind} run {run.run_id}{of_batch} {state}{carried} {since}; try again when it has ended "
        "(blink runs show)"
    )


def training_lock(portfolio: str, batch_id: str | None) -> str:
    """The name of the lock that the process of a training holds as long as it lives."""
    return f"blink.train:{portfolio}" if batch_id is None else f"blink.train:{portfolio}:{batch_id}"


def _close_abandoned(connection: Connection, portfolio: str, batch_id: str | None, *, now: datetime) -> None:
    """Close a run marked as running whose process is gone, unless a workflow's retry may take it up again."""
    lock = func.hashtextextended(training_lock(portfolio, batch_id), 0)
    if not connection.scalar(select(func.pg_try_advisory_xact_lock(lock))):
        return
    connection.execute(
        _failed(KILLED, now).where(
            _RUNS.kind == "train",
            _RUNS.state == "running",
            _RUNS.workflow.is_(None),
            _RUNS.portfolio == portfolio,
            _RUNS.batch_id.is_not_distinct_from(batch_id),
        )
    )


def _failed(error: str, now: datetime) -> Update:
    outcome = _RUNS.outcome.op("||")(literal({"error": error}, JSONB))
    return update(PIPELINE_RUNS).values(state="failed", outcome=outcome, finished_at=now)


def _run(row: RowMapping) -> PipelineRun:
    return PipelineRun(**{field.name: row[field.name] for field in fields(PipelineRun)})
