"""The three steps of the scoring job: plan, shards, finish. Each may be killed and run again."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import Connection

from credit.bundle.reader import Bundle
from credit.database.audits import append
from credit.database.errors import BusyError
from credit.database.models import RegisteredModel, champion
from credit.database.scoring_runs import (
    ScoringRun,
    close_run,
    count_scores,
    move_progress,
    move_watermark,
    open_run,
    present,
    running,
    watermark,
)
from credit.database.scoring_subjects import subjects_to_score
from credit.database.session_lock import release, try_lock
from credit.portfolios import Portfolio, PortfolioName
from predictor.batch.plan import ScoringError, Wish, answers, new_run, obstacle
from predictor.batch.scoring import audits_of_subjects

Report = Callable[[str, int, int | None], None]
"""Called with what is being done, how many subjects are committed, and of how many."""

SUBJECTS_A_TRANSACTION = 1000
"""Enough that committing costs little, few enough that a killed run loses about a second's work."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a run is carried out with."""

    portfolio: Portfolio
    bundle: Bundle
    """Of the run's model."""
    batch_size: int
    """Subjects a transaction, at least 1."""
    report: Report


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that is recorded and has subjects to score, or is to be finished."""

    run: ScoringRun
    model: RegisteredModel
    resumed: bool
    """Whether an earlier process left it behind."""
    answers: bool
    """Whether it is what was asked for; another run that was left behind goes first."""


def plan(connection: Connection, wish: Wish) -> Plan | None:
    """The run to work on; None, and nothing written, where no subject has anything new.

    A run that was left behind is taken up with its own as_of and snapshot, or closed where it cannot go on. The
    caller holds the portfolio's lock, so that no run marked as running is alive.

    Raises:
        ScoringError: where the portfolio has no champion, or the time asked for is wrong.
    """
    with connection.begin():
        model = champion(connection, PortfolioName(wish.portfolio))
        if model is None:
            raise ScoringError(
                f"{wish.portfolio}: no model is deployed; run `blink train {wish.portfolio} --deploy` first"
            )
        now = present(connection)
        left = running(connection, wish.portfolio)
        why_not = None if left is None else obstacle(left, now, model.model_id)
        if left is not None and why_not is None:
            return Plan(left, model, resumed=True, answers=answers(left, wish))
        if left is not None:
            close_run(connection, left, state="failed", outcome={"error": why_not})
        seen = watermark(connection, wish.portfolio)
        run = new_run(wish, now, model.model_id, seen, run_id=uuid4())
        if not any(subjects_to_score(connection, run, shard) for shard in range(run.shards)):
            return None
        open_run(connection, run)
        return Plan(run, model, resumed=False, answers=True)


def score_shard(connection: Connection, run: ScoringRun, shard: int, work: Work) -> int:
    """Score what is left of a shard in [0, run.shards), a batch a transaction; how many subjects were scored.

    Raises:
        BusyError: where another process scores this shard.
        ScoringError: where the bundle is not the run's model, or lacks what it needs.
    """
    if work.bundle.model_id != run.model_id:
        raise ScoringError(f"run {run.run_id} scores with {run.model_id}, not with {work.bundle.model_id}")
    lock = f"blink.score:{run.portfolio}:{shard}"
    if not try_lock(connection, lock):
        raise BusyError(f"{run.portfolio}: shard {shard} is being scored by another process; try again later")
    try:
        return _score_shard(connection, run, shard, work)
    finally:
        release(connection, lock)


def finish(connection: Connection, run: ScoringRun) -> int:
    """Close a run of which every subject is scored, and remember what it has seen; how many scores it has.

    Raises:
        ScoringError: where subjects are left.
    """
    with connection.begin():
        left = sum(len(subjects_to_score(connection, run, shard)) for shard in range(run.shards))
        if left:
            raise ScoringError(f"run {run.run_id}: {left} subjects are not scored yet; run its shards first")
        scored = count_scores(connection, run)
        move_watermark(connection, run)
        close_run(connection, run, state="succeeded", outcome={"scored": scored})
    return scored


def _score_shard(connection: Connection, run: ScoringRun, shard: int, work: Work) -> int:
    with connection.begin():
        subjects = subjects_to_score(connection, run, shard)
    what = f"score {run.portfolio}"
    work.report(what, 0, len(subjects))
    for start in range(0, len(subjects), work.batch_size):
        batch = subjects[start : start + work.batch_size]
        with connection.begin():
            scored_at = present(connection).as_of
            audits = audits_of_subjects(connection, run, work.portfolio, work.bundle, batch, scored_at=scored_at)
            append(connection, writer=f"batch/{run.portfolio}/{shard}", audits=audits)
            move_progress(connection, run, shard, batch[-1])
        work.report(what, start + len(batch), len(subjects))
    return len(subjects)
