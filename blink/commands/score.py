"""`blink score`: every subject with new data scored, explained and audited, once; at one go, or in three steps."""

from argparse import Namespace
from collections.abc import Callable
from datetime import datetime

from blink.database import open_database
from blink.model_store import model_store
from blink.named_portfolio import named_portfolio
from blink.outcome import Outcome
from blink.progress import progress
from blink.settings import Settings, read_settings
from credit.bundle.errors import BundleError
from credit.bundle.reader import Bundle, load_bundle
from credit.database.models import RegisteredModel
from credit.model_store.local import local_bundle
from predictor.batch.job import ScoringOutcome, score_portfolio
from predictor.batch.plan import NoChampionError, Wish
from predictor.batch.separate_steps import Steps, finish_planned, plan_steps, score_planned_shard

NOTHING_NEW = "no subject has new data; nothing was written"


def score(arguments: Namespace) -> Outcome:
    """Score the subjects of a portfolio that have new data; a second call finds none."""
    settings = read_settings(home=arguments.home)
    portfolio = named_portfolio(arguments.portfolio, settings)
    with open_database(settings, "blink_scorer") as engine, progress() as report:
        outcome = score_portfolio(engine, portfolio, _loader(settings), as_of=arguments.as_of, report=report)
    return Outcome(_summary(outcome), _facts(outcome))


def plan(arguments: Namespace) -> Outcome:
    """Fix a run that other calls score and finish, or take up one that is not finished."""
    settings = read_settings(home=arguments.home)
    wish = Wish(named_portfolio(arguments.portfolio, settings).name, arguments.as_of, arguments.shards)
    try:
        with open_database(settings, "blink_scorer") as engine:
            steps = plan_steps(engine, wish, workflow=arguments.workflow)
    except NoChampionError as error:
        # The clock starts scoring before anybody has trained a model: that is no failure of a workflow.
        return _unplanned("no_model", str(error))
    if steps is None:
        return _unplanned("nothing_new", NOTHING_NEW)
    summary = _planned(steps)
    run = steps.run
    return Outcome(
        summary,
        {
            "state": "planned",
            "run_id": str(run.run_id),
            "shards": list(steps.shards),
            "as_of": run.as_of.isoformat(),
            "model_id": run.model_id,
            "resumed": steps.resumed,
            "summary": summary,
        },
    )


def _unplanned(state: str, summary: str) -> Outcome:
    facts = {"state": state, "run_id": "", "shards": [], "as_of": "", "model_id": "", "resumed": False}
    return Outcome(summary, {**facts, "summary": summary})


def shard(arguments: Namespace) -> Outcome:
    """Score what is left of one shard of a planned run."""
    settings = read_settings(home=arguments.home)
    portfolio = named_portfolio(arguments.portfolio, settings)
    with open_database(settings, "blink_scorer") as engine, progress() as report:
        scored = score_planned_shard(
            engine, portfolio, _loader(settings), run_id=arguments.run_id, shard=arguments.shard, report=report
        )
    summary = f"{_subjects(scored)} scored in shard {arguments.shard} of run {arguments.run_id}"
    facts = {"run_id": str(arguments.run_id), "shard": arguments.shard, "scored": scored, "summary": summary}
    return Outcome(summary, facts)


def finish(arguments: Namespace) -> Outcome:
    """Close a planned run of which every subject is scored."""
    settings = read_settings(home=arguments.home)
    portfolio = named_portfolio(arguments.portfolio, settings)
    with open_database(settings, "blink_scorer") as engine:
        run, scored = finish_planned(engine, portfolio.name, arguments.run_id)
    summary = f"{_subjects(scored)} scored by {run.model_id} as of {_utc(run.as_of)}"
    facts = {
        "state": "succeeded",
        "run_id": str(run.run_id),
        "as_of": run.as_of.isoformat(),
        "model_id": run.model_id,
        "scored": scored,
        "summary": summary,
    }
    return Outcome(summary, facts)


def _loader(settings: Settings) -> Callable[[RegisteredModel], Bundle]:
    store = model_store(settings)

    def load(model: RegisteredModel) -> Bundle:
        if model.model_path is None:
            raise BundleError(f"{model.model_id} has no bundle")
        return load_bundle(local_bundle(model.model_id, settings.model_dir, store))

    return load


def _planned(steps: Steps) -> str:
    run = steps.run
    taken_up = "taken up: " if steps.resumed else ""
    shards = ", ".join(map(str, steps.shards))
    left = f"shard{'s' if len(steps.shards) > 1 else ''} {shards} of {run.shards}"
    return f"{taken_up}run {run.run_id} by {run.model_id} as of {_utc(run.as_of)}; to score: {left}"


def _summary(outcome: ScoringOutcome) -> str:
    if outcome.run_id is None or outcome.as_of is None:
        return NOTHING_NEW
    resumed = " (a killed run went on)" if outcome.resumed else ""
    return f"{_subjects(outcome.scored)} scored by {outcome.model_id} as of {_utc(outcome.as_of)}{resumed}"


def _subjects(count: int) -> str:
    return "1 subject" if count == 1 else f"{count:,} subjects"


def _utc(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def _facts(outcome: ScoringOutcome) -> dict[str, object]:
    return {
        "summary": _summary(outcome),
        "run_id": None if outcome.run_id is None else str(outcome.run_id),
        "as_of": None if outcome.as_of is None else outcome.as_of.isoformat(),
        "model_id": outcome.model_id,
        "scored": outcome.scored,
        "total": outcome.total,
        "resumed": outcome.resumed,
    }
