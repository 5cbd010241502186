"""`blink runs`: what the pipeline did, and how its workflows ended."""

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from blink.argo_failures import readable_failures
from blink.database import open_database
from blink.named_portfolio import named_portfolio
from blink.outcome import Outcome
from blink.run_texts import listed, shown
from blink.settings import Settings, read_settings
from credit.database.connection import Role
from credit.database.pipeline_runs import PipelineRun, get_run, list_runs
from credit.database.workflow_ends import WorkflowEnd, record_end
from credit.portfolio_file import is_name
from credit.portfolios import PortfolioError

_WRITES: Mapping[str, Role] = {"score": "blink_scorer", "train": "blink_trainer"}
"""Whose runs are whose: an exit handler has the login of its workflow's steps."""


def list_latest(arguments: Namespace) -> Outcome:
    """The latest runs, the newest first."""
    with open_database(read_settings(home=arguments.home), "blink_reader") as engine, engine.connect() as connection:
        runs = list_runs(connection, portfolio=arguments.portfolio, kind=arguments.kind, limit=arguments.limit)
    return Outcome(listed(runs), {"runs": [run_facts(run) for run in runs]})


def show(arguments: Namespace) -> Outcome:
    """Everything that is recorded of a run."""
    with open_database(read_settings(home=arguments.home), "blink_reader") as engine, engine.connect() as connection:
        run = get_run(connection, arguments.run_id)
    return Outcome(shown(run), run_facts(run))


def record(arguments: Namespace) -> Outcome:
    """Record how a workflow ended with the runs that it carried."""
    settings = read_settings(home=arguments.home)
    end = WorkflowEnd(
        workflow=arguments.workflow,
        kind=arguments.kind,
        portfolio=_name(arguments.portfolio, settings),
        status=arguments.status,
        message=readable_failures(arguments.message),
        run_id=arguments.run_id,
    )
    with open_database(settings, _WRITES[end.kind]) as engine, engine.begin() as connection:
        runs = record_end(connection, end, now=datetime.now(UTC))
    summary = f"{end.workflow} {end.status}: " + (
        ", ".join(f"{run.kind} run {run.run_id} is {run.state}" for run in runs) or "no run to record it with"
    )
    return Outcome(summary, {"summary": summary, "runs": [run_facts(run) for run in runs]})


def _name(reference: str, settings: Settings) -> str:
    """The portfolio's name, even where its file is what the workflow failed of."""
    try:
        return named_portfolio(reference, settings).name
    except PortfolioError:
        if is_name(reference):
            return reference
        raise


def run_facts(run: PipelineRun) -> dict[str, object]:
    """A run as JSON."""
    return {name: _plain(value) for name, value in asdict(run).items()}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, (str, int, dict, type(None))) else str(value)
