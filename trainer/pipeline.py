"""Training from end to end: labels, rows, a fit, its judgement, its bundle, its place in the registry."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import numpy as np
from sqlalchemy import Engine

from credit.bundle.model_id import ModelId
from credit.bundle.publication import sweep_unfinished
from credit.database import models
from credit.database.labels import NO_LABEL
from credit.database.pipeline_runs import PipelineRun
from credit.database.training_runs import RunWish, TrainingRun, close_run, training_run
from credit.model_store.local import local_bundle
from credit.model_store.store import ModelStore
from credit.portfolios import Portfolio
from trainer.candidates import ComparisonWish, chosen_of
from trainer.deployment import Answered, Deployment, deploy
from trainer.errors import InsufficientRowsError, QualityGateError, TrainingError
from trainer.fitting import fit
from trainer.judgement import Trained, judge
from trainer.publication import Published, free_model_id, publish, register, register_refused
from trainer.quality import require_quality, require_samples
from trainer.recorded import Origin
from trainer.report import TrainingReport
from trainer.rows import Progress, Rows, Source, gather_rows, parity_of, vintages_of
from trainer.table_rows import batch_rows, file_rows, require_file
from trainer.tracking.facts import RunFacts, TrackingPlace
from trainer.tracking.model import track_model
from trainer.tracking.tracker import Tracker, tracked_run


def _silent(_what: str, _done: int, _total: int | None) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class TrainingOrder:
    """What is to be trained, and how."""

    portfolio: Portfolio
    model_dir: Path
    store: ModelStore | None = None
    """Where a bundle goes before the registry learns of it; None: `model_dir` is where bundles live."""
    seed: int = 1
    source: Source = Source.AUDITS
    """Of features, where rows are advances."""
    data: Path | None = None
    """The file of a portfolio that comes as a table; None: its rows are those that are loaded, of the batch."""
    as_of: datetime | None = None
    """Time as of which labels are known; None for now."""
    deployment: Deployment | None = None
    """None where the model is trained and registered only."""
    threads: int = 1
    run_id: UUID | None = None
    """The run to begin or to go on with; None for a new one."""
    batch_id: str | None = None
    """Names the run and its model, and the rows of a table; None for the portfolio's own name, and all its rows."""
    workflow: str | None = None
    """Which carries the run."""
    comparison: ComparisonWish | None = None
    """How algorithms are compared first; None: the portfolio's own is trained."""
    tracking: TrackingPlace | None = None
    """Where the run is tracked; None: nowhere."""


def train(
    engine: Engine, order: TrainingOrder, *, now: datetime, progress: Progress = _silent
) -> TrainingReport | PipelineRun:
    """Train a model and register it, and answer the wish to deploy it where there is one.

    The bundle is published before the registry knows of it, and everything that the database learns it learns in
    one transaction: a run that is killed at any moment leaves at most a bundle that nobody refers to, whose id is
    never used again. A retry of it, by its run's id, goes on; where the run has ended already the answer is that run,
    and nothing is trained.

    Raises:
        InsufficientRowsError: where there are too few labelled rows, or of one class; the run is kept as refused.
        QualityGateError: where the model is not good enough; the run is kept as refused, the model without a bundle.
        IntakeError: where a table's file cannot be read as the portfolio says.
        BusyError: where another run of the portfolio and batch is asked for or alive.
        UnknownRunError: where the run of that id is one of something else.
        RunClosedError: where somebody closed the run meanwhile; nothing is registered.
        TrainingError, BundleError, FeatureError: where the portfolio cannot be trained as it is described.
        ModelStoreError: where the store does not take the bundle; nothing is registered.
    """
    if order.data is not None and order.portfolio.table is None:
        raise TrainingError(f"portfolio {order.portfolio.name}: its rows are advances of the database, not of a file")
    if order.as_of is not None and order.as_of > now:
        # Advances that are not due yet would look unpaid, and so bad.
        raise TrainingError(f"labels as of {order.as_of:%Y-%m-%d %H:%M} UTC lie in the future; give a time before now")
    if order.data is not None:
        require_file(order.data)
    wish = RunWish(order.portfolio.name, order.run_id, order.batch_id, order.workflow, order.as_of)
    with training_run(engine, wish, now=now) as run:
        if isinstance(run, PipelineRun):
            return run
        progress(f"run {run.run_id} begun, labels as of {run.as_of:%Y-%m-%d %H:%M} UTC", 1, 1)
        try:
            return _train(engine, order, run, now=now, progress=progress)
        except InsufficientRowsError as error:
            with engine.begin() as connection:
                close_run(connection, run, state="refused", outcome={"error": str(error)}, now=run.time())
            raise


@dataclass(frozen=True, slots=True, eq=False)
class _Gathered:
    """What a model is made from, and what is told of all rows; the others are kept no longer."""

    rows: Rows
    """With a history and a label."""
    censored: Rows
    """With a history, without a label."""
    dated: bool
    """Whether rows have times of their own."""
    origin: Origin


def _train(
    engine: Engine, order: TrainingOrder, run: TrainingRun, *, now: datetime, progress: Progress
) -> TrainingReport:
    sweep_unfinished(order.model_dir)
    gathered = _gathered(engine, order, run, now=now, progress=progress)
    require_samples(gathered.rows.y, order.portfolio)
    with tracked_run(order.tracking, _facts(order, run, gathered), progress) as tracker:
        order, trained = _fitted(engine, order, gathered, tracker, progress)
        model_id = free_model_id(engine, run.batch_id or order.portfolio.name, order.model_dir, now)
        _pass_quality(engine, order.portfolio, trained, model_id, run, now=now)
        published = publish(model_id, order.portfolio, trained, gathered.origin, order.model_dir)
        if order.store is not None:
            order.store.put(order.model_dir / model_id)
            _bring_champion(engine, order, order.store)
        progress("bundle published", 1, 1)
        answered = _enter(engine, order, run, trained, published, now=now)
        report = replace(_report(order, run, gathered, trained, model_id), answered=answered)
        track_model(tracker, engine, report, order.model_dir)
    return report


def _fitted(
    engine: Engine, order: TrainingOrder, gathered: _Gathered, tracker: Tracker, progress: Progress
) -> tuple[TrainingOrder, Trained]:
    """The model of the portfolio's algorithm, or of the one that a comparison chose, and the order with that one."""
    rows = gathered.rows
    chosen = chosen_of(
        engine,
        order.portfolio,
        order.comparison,
        rows,
        dated=gathered.dated,
        seed=order.seed,
        tracker=tracker,
        progress=progress,
    )
    portfolio = chosen.portfolio
    fitted = fit(
        rows, portfolio, seed=order.seed, threads=order.threads, progress=progress, parameters=chosen.parameters
    )
    progress("model fitted", 1, 1)
    judgement = judge(rows, gathered.censored, fitted, portfolio, np.random.default_rng([order.seed, 1]))
    judgement = judgement.compared(chosen, portfolio)
    return replace(order, portfolio=portfolio), Trained(rows, fitted, judgement, dated=gathered.dated)


def _facts(order: TrainingOrder, run: TrainingRun, gathered: _Gathered) -> RunFacts:
    """What the run is told apart by where it is tracked; hashes are taken only where it is."""
    if order.tracking is None:
        return RunFacts(order.portfolio.name, str(run.run_id), {})
    wish, rows = order.comparison, gathered.rows
    facts = {
        "run_id": str(run.run_id),
        "batch_id": run.batch_id or "",
        "labels_as_of": run.as_of.isoformat(),
        "seed": str(order.seed),
        "trials": "" if wish is None else str(wish.trials),
        "rows": str(len(rows)),
        "bads": str(int(rows.y.sum())),
        "rows_sha256": rows.sha256(dated=gathered.dated),
    }
    if order.data is not None:
        with order.data.open("rb") as file:
            facts |= {"input": order.data.name, "input_sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    what = "training" if wish is None else "comparison"
    return RunFacts(order.portfolio.name, f"{what} {run.as_of:%Y-%m-%d %H:%M}", facts)


def _gathered(
    engine: Engine, order: TrainingOrder, run: TrainingRun, *, now: datetime, progress: Progress
) -> _Gathered:
    found, dated = _found(engine, order, run, now=now, progress=progress)
    with_history = found.take(found.has_history)
    labelled = with_history.y != NO_LABEL
    origin = Origin(run.as_of, _source(order), vintages_of(found), parity_of(found))
    return _Gathered(with_history.take(labelled), with_history.take(~labelled), dated, origin)


def _found(
    engine: Engine, order: TrainingOrder, run: TrainingRun, *, now: datetime, progress: Progress
) -> tuple[Rows, bool]:
    """All rows, and whether they have times of their own."""
    portfolio = order.portfolio
    if order.data is not None:
        return file_rows(order.data, portfolio, as_of=run.as_of, now=now, progress=progress)
    with engine.connect() as connection:
        if portfolio.table is not None:
            found = batch_rows(connection, portfolio, batch_id=run.batch_id, as_of=run.as_of, progress=progress)
        else:
            found = gather_rows(connection, portfolio, as_of=run.as_of, source=order.source, progress=progress)
    return found, True


def _pass_quality(
    engine: Engine, portfolio: Portfolio, trained: Trained, model_id: ModelId, run: TrainingRun, *, now: datetime
) -> None:
    """Do nothing where the model is good enough.

    Raises:
        QualityGateError: where not; the model is registered as refused, without a bundle, and the run closed.
    """
    try:
        require_quality(trained.judgement.evaluation.roc_auc.estimate, portfolio)
    except QualityGateError as error:
        with engine.begin() as connection:
            register_refused(connection, portfolio, model_id, trained, run=run, now=now)
            outcome = {"model_id": model_id, "error": str(error)}
            close_run(connection, run, state="refused", outcome=outcome, now=run.time())
        raise


def _bring_champion(engine: Engine, order: TrainingOrder, store: ModelStore) -> None:
    """Let the champion's bundle be at hand for the comparison; one that is nowhere is told by the comparison."""
    if order.deployment is None:
        return
    with engine.connect() as connection:
        champion = models.champion(connection, order.portfolio.name)
    if champion is not None and champion.model_path is not None and store.exists(champion.model_id):
        local_bundle(champion.model_id, order.model_dir, store)


def _enter(
    engine: Engine, order: TrainingOrder, run: TrainingRun, trained: Trained, published: Published, *, now: datetime
) -> Answered | None:
    """Registry, decision and end of the run, in one transaction."""
    answered = None
    with engine.begin() as connection:
        register(connection, order.portfolio, published, trained.judgement, run=run, now=now)
        if order.deployment is not None:
            answered = deploy(
                connection,
                order.portfolio,
                order.deployment if run.requested_by is None else replace(order.deployment, actor=run.requested_by),
                challenger=published.model_id,
                trained=trained,
                model_dir=order.model_dir,
                rng=np.random.default_rng([order.seed, 2]),
                now=now,
            )
        decision = None if answered is None else answered.decision
        outcome = {
            "model_id": published.model_id,
            "decision": None if decision is None else decision.answer,
            "reason": None if decision is None else decision.reason,
            "source": _source(order),
        }
        close_run(connection, run, state="succeeded", outcome=outcome, now=run.time())
    return answered


def _source(order: TrainingOrder) -> Source:
    if order.portfolio.table is None:
        return order.source
    return Source.TABLE if order.data is None else Source.FILE


def _report(
    order: TrainingOrder, run: TrainingRun, gathered: _Gathered, trained: Trained, model_id: str
) -> TrainingReport:
    model = trained.fit.model
    return TrainingReport(
        run_id=run.run_id,
        model_id=model_id,
        portfolio=order.portfolio.name,
        as_of=run.as_of,
        source=gathered.origin.source,
        slices=trained.fit.slices,
        vintages=gathered.origin.vintages,
        parity=gathered.origin.parity,
        rounds=model.estimator.rounds,
        calibration=model.calibration,
        calibrated_on=model.calibrated_on,
        algorithm=order.portfolio.algorithm,
        settings=trained.fit.settings,
        judgement=trained.judgement,
        answered=None,
    )
