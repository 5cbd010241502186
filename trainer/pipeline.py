"""Training from end to end: labels, rows, a fit, its judgement, its bundle, its place in the registry."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from credit.bundle.writer import sweep_unfinished
from credit.database.labels import NO_LABEL
from credit.database.training_runs import TrainingRun, close_run, training_run
from credit.portfolios import Portfolio
from trainer.deployment import Answered, Deployment, deploy
from trainer.errors import InsufficientRowsError, TrainingError
from trainer.fitting import fit
from trainer.judgement import Trained, judge
from trainer.publication import Published, free_model_id, publish, register
from trainer.report import TrainingReport
from trainer.rows import Progress, Rows, Source, gather_rows, parity_of, vintages_of


def _silent(_what: str, _done: int, _total: int | None) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class TrainingOrder:
    """What is to be trained, and how."""

    portfolio: Portfolio
    model_dir: Path
    seed: int = 1
    source: Source = Source.AUDITS
    as_of: datetime | None = None
    """Time as of which labels are known; None for now."""
    deployment: Deployment | None = None
    """None where the model is trained and registered only."""
    threads: int = 1


def train(engine: Engine, order: TrainingOrder, *, now: datetime, progress: Progress = _silent) -> TrainingReport:
    """Train a model and register it, and answer the wish to deploy it where there is one.

    The bundle is published before the registry knows of it, and everything that the database learns it learns in
    one transaction: a run that is killed at any moment leaves at most a bundle that nobody refers to, whose id is
    never used again.

    Raises:
        InsufficientRowsError: where there are too few labelled rows, or of one class; the run is kept as refused.
        BusyError: where another run of the portfolio is alive.
        TrainingError, BundleError, FeatureError: where the portfolio cannot be trained as it is described.
    """
    as_of = order.as_of or now
    if as_of > now:
        # Advances that are not due yet would look unpaid, and so bad.
        raise TrainingError(f"labels as of {as_of:%Y-%m-%d %H:%M} UTC lie in the future; give a time before now")
    with training_run(engine, order.portfolio.name, as_of=as_of, now=now) as run:
        try:
            return _train(engine, order, run, now=now, progress=progress)
        except InsufficientRowsError as error:
            with engine.begin() as connection:
                close_run(connection, run, state="refused", outcome={"error": str(error)}, now=now)
            raise


def _train(
    engine: Engine, order: TrainingOrder, run: TrainingRun, *, now: datetime, progress: Progress
) -> TrainingReport:
    portfolio = order.portfolio
    sweep_unfinished(order.model_dir)
    with engine.connect() as connection:
        gathered = gather_rows(connection, portfolio, as_of=run.as_of, source=order.source, progress=progress)
    with_history = gathered.take(gathered.has_history)
    rows = with_history.take(with_history.y != NO_LABEL)
    fitted = fit(rows, portfolio, seed=order.seed, threads=order.threads, progress=progress)
    progress("model fitted", 1, 1)
    censored = with_history.take(with_history.y == NO_LABEL)
    rng = np.random.default_rng([order.seed, 1])
    trained = Trained(rows, fitted, judge(rows, censored, fitted, portfolio, rng))
    model_id = free_model_id(engine, portfolio, order.model_dir, now)
    published = publish(model_id, portfolio, trained, order.model_dir)
    progress("bundle published", 1, 1)
    answered = _enter(engine, order, run, trained, published, now=now)
    return replace(_report(order, run, gathered, trained, model_id), answered=answered)


def _enter(
    engine: Engine, order: TrainingOrder, run: TrainingRun, trained: Trained, published: Published, *, now: datetime
) -> Answered | None:
    """Registry, decision and end of the run, in one transaction."""
    answered = None
    with engine.begin() as connection:
        register(connection, order.portfolio, published, trained.judgement, run_id=run.run_id, now=now)
        if order.deployment is not None:
            answered = deploy(
                connection,
                order.portfolio,
                order.deployment,
                challenger=published.model_id,
                trained=trained,
                model_dir=order.model_dir,
                rng=np.random.default_rng([order.seed, 2]),
                now=now,
            )
        decision = None if answered is None else answered.decision.answer
        outcome = {"model_id": published.model_id, "decision": decision}
        close_run(connection, run, state="succeeded", outcome=outcome, now=now)
    return answered


def _report(order: TrainingOrder, run: TrainingRun, gathered: Rows, trained: Trained, model_id: str) -> TrainingReport:
    model = trained.fit.model
    return TrainingReport(
        run_id=run.run_id,
        model_id=model_id,
        portfolio=order.portfolio.name,
        as_of=run.as_of,
        source=order.source,
        slices=trained.fit.slices,
        vintages=vintages_of(gathered),
        parity=parity_of(gathered),
        rounds=model.trees.rounds,
        calibration=(model.calibration.a, model.calibration.b),
        cross_fitted=model.cross_fitted,
        judgement=trained.judgement,
        answered=None,
    )
