"""The scoring job in one process. `predictor.batch.separate_steps` is the same in several."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine

from credit.bundle.reader import Bundle
from credit.database.models import RegisteredModel
from credit.database.session_lock import locked_session
from credit.portfolios import Portfolio
from predictor.batch.plan import ScoringError, Wish
from predictor.batch.steps import SUBJECTS_A_TRANSACTION, Plan, Report, Work, finish, plan, portfolio_lock, score_shard

LoadBundle = Callable[[RegisteredModel], Bundle]
"""The bundle of a registered model, verified."""


@dataclass(frozen=True, slots=True)
class ScoringOutcome:
    """What came of one call."""

    run_id: UUID | None
    """None where no subject had anything new: nothing was written."""
    as_of: datetime | None
    model_id: str | None
    scored: int
    """Subjects that this call scored."""
    total: int
    """Subjects that the run has scored, those before it was taken over included."""
    resumed: bool
    """Whether the run was begun by a process that did not end it."""


NOTHING_NEW = ScoringOutcome(run_id=None, as_of=None, model_id=None, scored=0, total=0, resumed=False)


def silent(_what: str, _done: int, _total: int | None) -> None:
    """Report nothing."""


def score_portfolio(
    engine: Engine,
    portfolio: Portfolio,
    load: LoadBundle,
    *,
    as_of: datetime | None = None,
    batch_size: int = SUBJECTS_A_TRANSACTION,
    report: Report = silent,
) -> ScoringOutcome:
    """Score every subject with new data once, with snapshots, audits and latest scores.

    A run that a killed process left behind is finished first, with its own as_of and snapshot; where it was what
    is asked for now, that is all. Whatever happens, what was committed stays, and the next call goes on from there.

    Args:
        engine: acting as `blink_scorer`.
        portfolio: whose subjects are scored.
        load: called once for the champion, if there is anything to score.
        as_of: with its zone; None: now. See `predictor.batch.plan.Wish`.
        batch_size: subjects a transaction.
        report: called after each commit.

    Raises:
        BusyError: where another process scores the portfolio.
        ScoringError: where no model is deployed, or it cannot score this portfolio.
    """
    wish = Wish(portfolio.name, as_of)
    busy = f"{portfolio.name}: another run of scoring is alive; try again when it has ended"
    with locked_session(engine, portfolio_lock(portfolio.name), busy=busy) as connection:
        while (planned := plan(connection, wish)) is not None:
            work = Work(portfolio, loaded_bundle(planned.model, load), batch_size, report)
            outcome = _carry_out(connection, planned, work)
            if planned.answers:
                return outcome
    return NOTHING_NEW


def loaded_bundle(model: RegisteredModel, load: LoadBundle) -> Bundle:
    """The bundle of a registered model, checked to be the one that was registered.

    Raises:
        ScoringError: where it is another one.
    """
    bundle = load(model)
    if model.manifest_sha256 is None or bundle.manifest_sha256 != model.manifest_sha256.hex():
        raise ScoringError(
            f"model {model.model_id}: the bundle in {bundle.path} is not the one that was registered; its manifest has "
            "another sha256. Restore the directory from a backup, or train and deploy again"
        )
    return bundle


def _carry_out(connection: Connection, planned: Plan, work: Work) -> ScoringOutcome:
    run = planned.run
    scored = sum(score_shard(connection, run, shard, work) for shard in range(run.shards))
    total = finish(connection, run)
    return ScoringOutcome(run.run_id, run.as_of, run.model_id, scored, total, planned.resumed)
