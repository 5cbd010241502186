"""`blink train`: rows in, a model bundle out, deployed where asked for and deserved."""

import getpass
from argparse import Namespace
from datetime import UTC, datetime

from blink.database import open_database
from blink.outcome import Outcome, WrongCallError
from blink.progress import progress
from blink.settings import Settings, read_settings
from credit.portfolio_file import load_portfolio
from trainer.deployment import Deployment
from trainer.pipeline import TrainingOrder
from trainer.pipeline import train as train_model
from trainer.report import TrainingReport, to_json, to_text
from trainer.rows import Source


def train(arguments: Namespace) -> Outcome:
    """Train a model of a portfolio, and deploy it where that was asked for and its gate agrees."""
    settings = read_settings(home=arguments.home)
    order = TrainingOrder(
        portfolio=load_portfolio(arguments.portfolio),
        model_dir=settings.model_dir,
        seed=arguments.seed,
        source=Source(arguments.source),
        as_of=arguments.as_of,
        deployment=_deployment(arguments, settings),
    )
    with open_database(settings, "blink_trainer") as engine, progress() as report:
        trained = train_model(engine, order, now=datetime.now(UTC), progress=report)
    return Outcome(to_text(trained), {**to_json(trained), "summary": _summary(trained)})


def _summary(trained: TrainingReport) -> str:
    auc = f"{trained.model_id}, ROC AUC {trained.judgement.evaluation.roc_auc}"
    if trained.answered is None:
        return auc
    decision = trained.answered.decision
    return f"{auc}; {decision.answer.replace('_', ' ')}: {decision.reason}"


def _deployment(arguments: Namespace, settings: Settings) -> Deployment | None:
    if arguments.reason is not None and not arguments.force:
        raise WrongCallError("--reason belongs to --force: give both or neither")
    if arguments.force and not (arguments.reason or "").strip():
        raise WrongCallError("--force skips the gate and is recorded: say why with --reason TEXT")
    if not (arguments.deploy or arguments.force):
        return None
    return Deployment(actor=_actor(), force_reason=arguments.reason, promote_automatically=settings.promote_to_prod)


def _actor() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "unknown"
