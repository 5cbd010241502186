"""The three steps of the scoring job: plan, shards, finish. Each may be killed and run again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from sqlalchemy import Connection

from credit.bundle.reader import Bundle
from credit.database.audits import append
from credit.database.errors import BusyError
from credit.database.models import RegisteredModel, champion
from credit.database.scoring_runs import (
    PlannedRun,
    ScoringRun,
    adopt_run,
    close_run,
    count_scores,
    move_progress,
    move_watermark,
    note_look,
    open_run,
    planned_run,
    present,
    running,
    watermark,
)
from credit.database.scoring_subjects import subjects_to_score
from credit.database.session_lock import release, try_lock
from credit.portfolios import Portfolio, PortfolioName
from predictor.batch.plan import ImpossibleRunError, NoChampionError, ScoringError, Wish, answers, new_run, obstacle
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


def portfolio_lock(portfolio: str) -> str:
    """The name of the lock of who plans or finishes runs of a portfolio."""
    return f"blink.score:{portfolio}"


def shard_lock(portfolio: str, shard: int) -> str:
    """The name of the lock of who scores a shard."""
    return f"blink.score:{portfolio}:{shard}"


def plan(connection: Connection, wish: Wish, *, workflow: str | None = None) -> Plan | None:
    """The run to work on; None, and nothing written but the time of the look, where no subject has anything new.

    A run that is not finished is taken up with its own as_of and snapshot, or closed where it cannot go on. The
    caller holds the portfolio's lock. Shards of such a run may be alive elsewhere: they hold locks of their own, and
    notice before their next commit that their run was closed.

    Raises:
        NoChampionError: where the portfolio has no champion.
        ScoringError: where the time asked for is wrong.
    """
    with connection.begin():
        model = champion(connection, PortfolioName(wish.portfolio))
        if model is None:
            raise NoChampionError(
                f"{wish.portfolio}: no model is deployed; run `blink train {wish.portfolio} --deploy` first"
            )
        now = present(connection)
        left = running(connection, wish.portfolio)
        why_not = None if left is None else obstacle(left, now, model.model_id)
        if left is not None and why_not is None:
            planned = Plan(left, model, resumed=True, answers=answers(left, wish))
            if workflow is not None and (planned.answers or wish.as_of is None):
                adopt_run(connection, left, workflow)
            return planned
        if left is not None:
            close_run(connection, left, state="failed", outcome={"error": why_not})
        seen = watermark(connection, wish.portfolio)
        run = new_run(wish, now, model.model_id, seen, run_id=uuid4())
        if not _left(connection, run):
            if not run.backfill:
                note_look(connection, run.portfolio)
            return None
        open_run(connection, run, workflow=workflow)
        return Plan(run, model, resumed=False, answers=True)


def shards_left(connection: Connection, run: ScoringRun) -> tuple[int, ...]:
    """The shards of a run that have subjects to score still."""
    with connection.begin():
        return tuple(shard for shard in range(run.shards) if subjects_to_score(connection, run, shard))


def score_shard(connection: Connection, run: ScoringRun, shard: int, work: Work) -> int:
    """Score what is left of a shard in [0, run.shards), a batch a transaction; how many subjects were scored.

    The caller's connection works for the portfolio's whole run. See `score_locked_shard`.

    Raises:
        BusyError: where another process scores this shard.
    """
    lock = shard_lock(run.portfolio, shard)
    if not try_lock(connection, lock):
        raise BusyError(busy_shard(run.portfolio, shard))
    try:
        return score_locked_shard(connection, run, shard, work)
    finally:
        release(connection, lock)


def busy_shard(portfolio: str, shard: int) -> str:
    """What to tell who wants to score a shard that another process scores."""
    return f"{portfolio}: shard {shard} is being scored by another process; try again later"


def score_locked_shard(connection: Connection, run: ScoringRun, shard: int, work: Work) -> int:
    """Score what is left of a shard whose lock the caller's connection holds; how many subjects were scored.

    Raises:
        ScoringError: where the bundle is not the run's model or lacks what it needs, or the run was closed meanwhile.
        ImpossibleRunError: where no retry could score it; the run is closed as failed.
    """
    if work.bundle.model_id != run.model_id:
        raise ScoringError(f"run {run.run_id} scores with {run.model_id}, not with {work.bundle.model_id}")
    with connection.begin():
        subjects = subjects_to_score(connection, run, shard)
    what = f"score {run.portfolio}" + ("" if run.shards == 1 else f", shard {shard} of {run.shards}")
    work.report(what, 0, len(subjects))
    try:
        for start in range(0, len(subjects), work.batch_size):
            batch = subjects[start : start + work.batch_size]
            _score_batch(connection, run, shard, work, batch)
            work.report(what, start + len(batch), len(subjects))
    except ImpossibleRunError as error:
        with connection.begin():
            close_run(connection, run, state="failed", outcome={"error": str(error)})
        raise
    return len(subjects)


def _score_batch(connection: Connection, run: ScoringRun, shard: int, work: Work, subjects: Sequence[str]) -> None:
    """One transaction: the scores of some subjects, and that they have them."""
    with connection.begin():
        require_running(planned_run(connection, run.portfolio, run.run_id))
        scored_at = present(connection).as_of
        audits = audits_of_subjects(connection, run, work.portfolio, work.bundle, subjects, scored_at=scored_at)
        append(connection, writer=f"batch/{run.portfolio}/{shard}", audits=audits)
        move_progress(connection, run, shard, subjects[-1])


def finish(connection: Connection, run: ScoringRun) -> int:
    """Close a run of which every subject is scored, and remember what it has seen; how many scores it has.

    A run that was finished already answers the same again. The caller holds the portfolio's lock.

    Raises:
        ScoringError: where subjects are left, or the run was closed without being finished.
    """
    with connection.begin():
        planned = planned_run(connection, run.portfolio, run.run_id, alone=True)
        if planned.state == "succeeded":
            return int(planned.outcome["scored"])
        require_running(planned)
        if left := _left(connection, run):
            raise ScoringError(f"run {run.run_id}: {left} subjects are not scored yet; run its shards first")
        scored = count_scores(connection, run)
        move_watermark(connection, run)
        close_run(connection, run, state="succeeded", outcome={"scored": scored})
    return scored


def require_running(planned: PlannedRun) -> None:
    """Check that a run may be worked on.

    Raises:
        ScoringError: where it has ended, with how.
    """
    run = planned.run
    if planned.state != "running":
        why = planned.outcome.get("error", "every subject was scored")
        ended = f"run {run.run_id} was closed as {planned.state}: {why}"
        raise ScoringError(f"{ended}. What it scored stays; a new plan goes on from there")


def _left(connection: Connection, run: ScoringRun) -> int:
    """How many subjects of all shards are not scored yet: one question, as if there were one shard."""
    return len(subjects_to_score(connection, replace(run, shards=1), 0))
