"""Runs of training: one alive for each portfolio and batch; a killed one is taken over, a retry goes on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, func, literal, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, IntegrityError

from credit.database.errors import BusyError, DatabaseError
from credit.database.pipeline_runs import (
    KILLED,
    PipelineRun,
    RunActiveError,
    UnknownRunError,
    active_run,
    active_text,
    fail_run,
    find_run,
    get_run,
    insert_active,
    training_lock,
)
from credit.database.schema import PIPELINE_RUNS
from credit.database.session_lock import locked_session
from credit.portfolios import PortfolioName
from credit.run_outcomes import tried_again, with_workflow

ENDED = ("succeeded", "refused")
"""States of a run that came to a result: a retry finds it, and does nothing."""


class RunClosedError(DatabaseError):
    """Somebody closed the run while its process worked: nothing may come of it."""


@dataclass(frozen=True, slots=True)
class RunWish:
    """Which run of training is to be begun or gone on with."""

    portfolio: PortfolioName
    run_id: UUID | None = None
    """None: a new one."""
    batch_id: str | None = None
    """None: the run's own where it is there already, otherwise none."""
    workflow: str | None = None
    """Which carries it."""
    as_of: datetime | None = None
    """Labels as of then; None: the run's own time where it is there already, otherwise now."""


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """A run that this process holds."""

    run_id: UUID
    portfolio: PortfolioName
    batch_id: str | None
    as_of: datetime
    requested_by: str | None = None
    """Who asked for it through the control API."""
    begun_at: datetime = field(kw_only=True)
    _since: float = field(default_factory=monotonic, kw_only=True)

    def time(self) -> datetime:
        """The time now: that of the begin, and what has gone by since."""
        return self.begun_at + timedelta(seconds=monotonic() - self._since)


@contextmanager
def training_run(engine: Engine, wish: RunWish, *, now: datetime) -> Iterator[TrainingRun | PipelineRun]:
    """A run, held by an advisory lock that ends with this process, however it ends; or one that has ended already.

    A run of that id that was asked for, or that an earlier try did not bring to a result, is begun again with the
    time of its own. Other runs of the batch that are still marked as running were left by killed processes: they are
    closed as failed. A run that its holder does not close is closed as failed here.

    Yields:
        TrainingRun to train, or PipelineRun where the run of that id has succeeded or was refused: it stays as it is.

    Raises:
        BusyError: where another run of the portfolio and batch is asked for or alive; it names that run.
        UnknownRunError: where the run of that id is one of something else.
    """
    known = _known(engine, wish)
    if known is not None and known.state in ENDED:
        yield known
        return
    batch_id = wish.batch_id if known is None else known.batch_id
    busy = _busy(engine, wish.portfolio, batch_id)
    with locked_session(engine, training_lock(wish.portfolio, batch_id), busy=busy) as lock:
        with lock.begin():
            run = _begin(lock, replace(wish, batch_id=batch_id), now=now)
        if isinstance(run, PipelineRun):
            yield run
            return
        try:
            yield run
        except BaseException as error:
            # Where the connection itself is lost, the next run closes this one.
            with suppress(DBAPIError):
                _abandon(lock, run, error=f"{type(error).__name__}: {error}")
            raise


def close_run(
    connection: Connection,
    run: TrainingRun,
    *,
    state: Literal["succeeded", "refused"],
    outcome: Mapping[str, Any],
    now: datetime,
) -> None:
    """Mark the run as ended, with what came of it.

    Raises:
        RunClosedError: where somebody else has closed it: the caller's transaction must not be committed.
    """
    merged = PIPELINE_RUNS.c.outcome.op("||")(literal(dict(outcome), JSONB))
    mine = update(PIPELINE_RUNS).where(PIPELINE_RUNS.c.run_id == run.run_id, PIPELINE_RUNS.c.state == "running")
    if connection.execute(mine.values(state=state, outcome=merged, finished_at=now)).rowcount == 0:
        found = get_run(connection, run.run_id)
        closed = f"run {run.run_id} was closed as {found.state} while it trained"
        raise RunClosedError(f"{closed} ({found.outcome.get('error', 'no reason')}): its model is not registered")


def _known(engine: Engine, wish: RunWish) -> PipelineRun | None:
    """The row of the run that is wished for, where there is one."""
    if wish.run_id is None:
        return None
    with engine.connect() as connection:
        known = find_run(connection, wish.run_id)
    return None if known is None else _checked(known, wish)


def _busy(engine: Engine, portfolio: PortfolioName, batch_id: str | None) -> str:
    """What to say where the lock of the batch is held."""
    with engine.connect() as connection:
        other = active_run(connection, kind="train", portfolio=portfolio, batch_id=batch_id)
    # Its process has just begun, or has just ended and its session has not.
    unknown = f"{portfolio}: another training run is alive; try again when it has ended"
    return unknown if other is None else active_text(other)


def _checked(known: PipelineRun, wish: RunWish) -> PipelineRun:
    if (known.kind, known.portfolio) != ("train", wish.portfolio):
        what = f"a {known.kind} run of {known.portfolio}"
        raise UnknownRunError(f"run {known.run_id} is no training of {wish.portfolio}: it is {what}")
    if wish.batch_id not in {None, known.batch_id}:
        raise UnknownRunError(f"run {known.run_id} is of batch {known.batch_id}, not of {wish.batch_id}")
    return known


def _begin(connection: Connection, wish: RunWish, *, now: datetime) -> TrainingRun | PipelineRun:
    known = None if wish.run_id is None else find_run(connection, wish.run_id, lock=True)
    if known is not None and known.state in ENDED:
        return known
    _clear_the_way(connection, wish, now=now)
    try:
        row = _insert(connection, wish, now=now) if known is None else _take_up(connection, known, wish, now=now)
    except RunActiveError as error:
        raise BusyError(str(error)) from error
    except IntegrityError as error:
        raise BusyError(
            f"{wish.portfolio}: another run of the batch was asked for just now; try again later"
        ) from error
    return TrainingRun(row.run_id, wish.portfolio, row.batch_id, row.as_of, row.requested_by, begun_at=now)


def _clear_the_way(connection: Connection, wish: RunWish, *, now: datetime) -> None:
    """Close what a killed process left. The lock is ours, so that no other process of the batch lives."""
    other = active_run(connection, kind="train", portfolio=wish.portfolio, batch_id=wish.batch_id)
    if other is None or other.run_id == wish.run_id:
        return
    if other.state == "requested":
        raise BusyError(active_text(other))
    fail_run(connection, other.run_id, error=KILLED, now=now)


def _insert(connection: Connection, wish: RunWish, *, now: datetime) -> PipelineRun:
    return insert_active(
        connection,
        PipelineRun(
            run_id=wish.run_id or uuid4(),
            kind="train",
            portfolio=wish.portfolio,
            batch_id=wish.batch_id,
            state="running",
            workflow=wish.workflow,
            requested_by=None,
            as_of=wish.as_of or now,
            outcome={} if wish.workflow is None else with_workflow({}, wish.workflow),
            started_at=now,
            finished_at=None,
        ),
    )


def _take_up(connection: Connection, known: PipelineRun, wish: RunWish, *, now: datetime) -> PipelineRun:
    """Begin the run of a row that is there: asked for, or left by an earlier try."""
    first = known.state == "requested"
    outcome = known.outcome if first else tried_again(known.outcome, killed=KILLED, at=known.finished_at or now)
    workflow = wish.workflow or known.workflow
    begun = replace(
        known,
        state="running",
        workflow=workflow,
        as_of=wish.as_of or known.as_of,
        outcome=outcome if workflow is None else with_workflow(outcome, workflow),
        started_at=now,
        finished_at=None,
    )
    changed = ("state", "workflow", "as_of", "outcome", "started_at", "finished_at")
    values = {name: getattr(begun, name) for name in changed}
    mine = update(PIPELINE_RUNS).where(PIPELINE_RUNS.c.run_id == known.run_id)
    connection.execute(mine.values(**values, pg_snapshot=func.pg_current_snapshot()))
    return begun


def _abandon(connection: Connection, run: TrainingRun, *, error: str) -> None:
    connection.rollback()
    with connection.begin():
        fail_run(connection, run.run_id, error=error, now=run.time())
