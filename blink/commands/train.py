"""`blink train`: rows in, a model bundle out, deployed where asked for and deserved."""

import getpass
import os
from argparse import Namespace
from datetime import UTC, datetime
from importlib.util import find_spec

from blink.database import open_database
from blink.model_store import writable_store
from blink.named_portfolio import named_portfolio
from blink.outcome import Outcome, WrongCallError
from blink.progress import progress
from blink.run_texts import came_of
from blink.settings import NOWHERE, Settings, read_settings
from credit.database.pipeline_runs import PipelineRun
from credit.portfolios import Portfolio
from trainer.candidates import ComparisonWish
from trainer.deployment import Deployment
from trainer.pipeline import TrainingOrder
from trainer.pipeline import train as train_model
from trainer.report import TrainingReport, to_json, to_text
from trainer.rows import Source
from trainer.tracking.facts import TrackingPlace


def train(arguments: Namespace) -> Outcome:
    """Train a model of a portfolio, and deploy it where that was asked for and its gate agrees."""
    settings = read_settings(home=arguments.home)
    portfolio = named_portfolio(arguments.portfolio, settings)
    order = TrainingOrder(
        portfolio=portfolio,
        model_dir=settings.model_dir,
        store=writable_store(settings),
        seed=arguments.seed,
        source=Source(arguments.source),
        data=arguments.data,
        as_of=arguments.as_of,
        deployment=_deployment(arguments, settings),
        run_id=arguments.run_id,
        batch_id=arguments.batch_id,
        workflow=arguments.workflow,
        comparison=_comparison(arguments),
        tracking=_tracking(arguments, settings, portfolio),
    )
    with open_database(settings, "blink_trainer") as engine, progress() as report:
        trained = train_model(engine, order, now=datetime.now(UTC), progress=report)
    if isinstance(trained, PipelineRun):
        return _told_again(trained)
    decision = None if trained.answered is None else trained.answered.decision
    facts = {
        "state": "succeeded",
        "decision": "" if decision is None else decision.answer,
        "summary": _summary(trained),
    }
    return Outcome(to_text(trained), {**to_json(trained), **facts})


def _told_again(run: PipelineRun) -> Outcome:
    """What came of a run that had ended before this call."""
    model_id, decision = run.outcome.get("model_id") or "", run.outcome.get("decision") or ""
    told = "was refused" if run.state == "refused" else "had succeeded"
    summary = f"run {run.run_id} {told} already, nothing was trained: {came_of(run)}"
    facts = {"run_id": str(run.run_id), "state": run.state, "model_id": model_id, "decision": decision}
    return Outcome(summary, {**facts, "summary": summary})


def _summary(trained: TrainingReport) -> str:
    auc = f"{trained.model_id}, ROC AUC {trained.judgement.evaluation.roc_auc}"
    if trained.answered is None:
        return auc
    decision = trained.answered.decision
    return f"{auc}; {decision.answer.replace('_', ' ')}: {decision.reason}"


def _comparison(arguments: Namespace) -> ComparisonWish | None:
    if not arguments.compare:
        if arguments.trials is not None or arguments.jobs is not None:
            raise WrongCallError("--trials and --jobs belong to --compare: give it too")
        return None
    return ComparisonWish(arguments.trials or 0, arguments.jobs or min(2, os.cpu_count() or 1))


def _tracking(arguments: Namespace, settings: Settings, portfolio: Portfolio) -> TrackingPlace | None:
    """Where somebody said, or nowhere; else in the store under `home`, for comparisons and for lenders' own tables.

    A table's plain training is tracked where MLflow is installed, and not in a pod, whose disk goes with it. Of
    advances, retrained every week, the registry has the record, and MLflow takes seconds to import.
    """
    if settings.mlflow_tracking_uri == NOWHERE:
        return None
    if settings.mlflow_tracking_uri is not None:
        return TrackingPlace(settings.mlflow_tracking_uri)
    folder = settings.home / "mlflow"
    at_home = TrackingPlace(f"sqlite:///{folder / 'mlflow.db'}", folder / "artifacts", asked_for=arguments.compare)
    of_itself = portfolio.table is not None and not settings.in_pod and find_spec("mlflow") is not None
    return at_home if arguments.compare or of_itself else None


def _deployment(arguments: Namespace, settings: Settings) -> Deployment | None:
    if arguments.reason is not None and not arguments.force:
        raise WrongCallError("--reason belongs to --force: give both or neither")
    if arguments.force and not (arguments.reason or "").strip():
        raise WrongCallError("--force skips the gate and is recorded: say why with --reason TEXT")
    if not (arguments.deploy or arguments.force):
        return None
    return Deployment(
        actor=_actor(arguments), force_reason=arguments.reason, promote_automatically=settings.promote_to_prod
    )


def _actor(arguments: Namespace) -> str:
    """Who wishes it, where nobody asked for the run by name: the workflow, or the user of this machine."""
    if arguments.workflow is not None:
        return f"workflow {arguments.workflow}"
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "unknown"
