"""Runs of training: one alive for each portfolio, and a killed one is taken over."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, func, insert, update
from sqlalchemy.exc import DBAPIError

from credit.database.schema import PIPELINE_RUNS
from credit.database.session_lock import locked_session
from credit.portfolios import PortfolioName


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """A run that this process holds."""

    run_id: UUID
    portfolio: PortfolioName
    as_of: datetime


@contextmanager
def training_run(engine: Engine, portfolio: PortfolioName, *, as_of: datetime, now: datetime) -> Iterator[TrainingRun]:
    """A new run, held by an advisory lock that ends with this process, however it ends.

    Rows of earlier runs that are still marked as running were left by killed processes: they are closed as
    failed. A run that its holder does not close is closed as failed here.

    Raises:
        BusyError: where another process holds a run of the portfolio.
    """
    busy = f"{portfolio}: another training run is alive; try again when it has ended"
    with locked_session(engine, f"blink.train:{portfolio}", busy=busy) as lock:
        run = _open(lock, portfolio, as_of=as_of, now=now)
        lock.commit()
        try:
            yield run
        except BaseException as error:
            # Where the connection itself is lost, the next run closes this one.
            with suppress(DBAPIError):
                _abandon(lock, run, now=now, outcome={"error": f"{type(error).__name__}: {error}"})
            raise


def close_run(
    connection: Connection,
    run: TrainingRun,
    *,
    state: Literal["succeeded", "refused"],
    outcome: Mapping[str, Any],
    now: datetime,
) -> None:
    """Mark the run as ended, with what came of it."""
    _close(connection, PIPELINE_RUNS.c.run_id == run.run_id, state=state, outcome=outcome, now=now)


def _open(connection: Connection, portfolio: PortfolioName, *, as_of: datetime, now: datetime) -> TrainingRun:
    left = (PIPELINE_RUNS.c.kind == "train") & (PIPELINE_RUNS.c.portfolio == portfolio)
    _close(connection, left, state="failed", outcome={"error": "killed before it ended"}, now=now)
    run = TrainingRun(uuid4(), portfolio, as_of)
    connection.execute(
        insert(PIPELINE_RUNS).values(
            run_id=run.run_id,
            kind="train",
            portfolio=portfolio,
            as_of=as_of,
            pg_snapshot=func.pg_current_snapshot(),
            state="running",
            started_at=now,
        )
    )
    return run


def _abandon(connection: Connection, run: TrainingRun, *, now: datetime, outcome: Mapping[str, Any]) -> None:
    connection.rollback()
    _close(connection, PIPELINE_RUNS.c.run_id == run.run_id, state="failed", outcome=outcome, now=now)
    connection.commit()


def _close(connection: Connection, which: Any, *, state: str, outcome: Mapping[str, Any], now: datetime) -> None:
    running = update(PIPELINE_RUNS).where(which, PIPELINE_RUNS.c.state == "running")
    connection.execute(running.values(state=state, outcome=dict(outcome), finished_at=now))
