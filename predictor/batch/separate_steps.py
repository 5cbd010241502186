"""The scoring job as three calls, each in a process of its own, as a workflow makes them.

What a step needs is read from the run's row by its id. The plan and the end hold the portfolio's lock, a shard its
own, for no longer than they work: each may be killed, called again, or called while another one works.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine

from credit.database.errors import BusyError
from credit.database.models import get
from credit.database.scoring_runs import PlannedRun, ScoringRun, planned_run
from credit.database.session_lock import locked_session
from credit.portfolios import Portfolio
from predictor.batch.job import LoadBundle, loaded_bundle, silent
from predictor.batch.plan import ScoringError, Wish
from predictor.batch.steps import (
    SUBJECTS_A_TRANSACTION,
    Report,
    Work,
    busy_shard,
    finish,
    plan,
    portfolio_lock,
    require_running,
    score_locked_shard,
    shard_lock,
    shards_left,
)


@dataclass(frozen=True, slots=True)
class Steps:
    """What is left to do of a run."""

    run: ScoringRun
    shards: tuple[int, ...]
    """Those with subjects to score still; one of them at least, though that may have none, so that a workflow that
    does something for each of them does something."""
    resumed: bool
    """Whether the run was planned before and is not finished."""


def plan_steps(engine: Engine, wish: Wish, *, workflow: str | None = None) -> Steps | None:
    """Fix a run, or take up one that is not finished; None, and nothing written, where nobody has anything new.

    Args:
        engine: acting as `blink_scorer`.
        wish: a run that is taken up keeps its own shards and time.
        workflow: which carries the run from now on.

    Raises:
        BusyError: where another process plans, finishes or scores the portfolio, or where a time is asked for and
            another run has to be finished first.
        ScoringError: where no model is deployed, or the time asked for is wrong.
    """
    busy = f"{wish.portfolio}: another process plans or finishes a run of scoring; try again when it has ended"
    with locked_session(engine, portfolio_lock(wish.portfolio), busy=busy) as connection:
        planned = plan(connection, wish, workflow=workflow)
        if planned is None:
            return None
        run = planned.run
        if wish.as_of is not None and not planned.answers:
            raise BusyError(
                f"{run.portfolio}: run {run.run_id} as of {run.as_of:%Y-%m-%d %H:%M:%S} UTC is not finished and goes "
                f"first: try again when it is, or finish it with `blink score {run.portfolio}`"
            )
        return Steps(run, shards_left(connection, run) or (0,), planned.resumed)


def score_planned_shard(
    engine: Engine,
    portfolio: Portfolio,
    load: LoadBundle,
    *,
    run_id: UUID,
    shard: int,
    batch_size: int = SUBJECTS_A_TRANSACTION,
    report: Report = silent,
) -> int:
    """Score what is left of a shard of a planned run; how many subjects were scored.

    Nothing is left of a run that is finished, and so nothing is done.

    Raises:
        BusyError: where another process scores this shard.
        UnknownRunError: where there is no such run of the portfolio.
        ScoringError: where the run has no such shard, was closed without being finished, or its model's bundle is
            not the one that was registered.
    """
    with locked_session(
        engine, shard_lock(portfolio.name, shard), busy=busy_shard(portfolio.name, shard)
    ) as connection:
        with connection.begin():
            planned = planned_run(connection, portfolio.name, run_id)
            model = get(connection, planned.run.model_id)
        _check_shard(planned, shard)
        if planned.state == "succeeded":
            return 0
        require_running(planned)
        work = Work(portfolio, loaded_bundle(model, load), batch_size, report)
        return score_locked_shard(connection, planned.run, shard, work)


def finish_planned(engine: Engine, portfolio: str, run_id: UUID) -> tuple[ScoringRun, int]:
    """Close a run of which every subject is scored, and how many it has; asked again, it answers the same.

    Raises:
        BusyError: where another process plans, finishes or scores the portfolio.
        UnknownRunError: where there is no such run of the portfolio.
        ScoringError: where subjects are left, or the run was closed without being finished.
    """
    busy = f"{portfolio}: another process plans or finishes a run of scoring; try again when it has ended"
    with locked_session(engine, portfolio_lock(portfolio), busy=busy) as connection:
        with connection.begin():
            run = planned_run(connection, portfolio, run_id).run
        return run, finish(connection, run)


def _check_shard(planned: PlannedRun, shard: int) -> None:
    if shard >= planned.run.shards:
        shards = planned.run.shards
        raise ScoringError(f"run {planned.run.run_id} has shards 0 to {shards - 1}, no shard {shard}: give one of them")
