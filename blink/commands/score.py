"""`blink score`: every subject with new data scored, explained and audited, once."""

from argparse import Namespace

from blink.database import open_database
from blink.outcome import Outcome
from blink.progress import progress
from blink.settings import read_settings
from credit.bundle.errors import BundleError
from credit.bundle.reader import Bundle, load_bundle
from credit.database.models import RegisteredModel
from credit.portfolio_file import load_portfolio
from predictor.batch.job import ScoringOutcome, score_portfolio


def score(arguments: Namespace) -> Outcome:
    """Score the subjects of a portfolio that have new data; a second call finds none."""
    settings = read_settings(home=arguments.home)
    portfolio = load_portfolio(arguments.portfolio)

    def load(model: RegisteredModel) -> Bundle:
        if model.model_path is None:
            raise BundleError(f"{model.model_id} has no bundle")
        return load_bundle(settings.model_dir / model.model_path)

    with open_database(settings, "blink_scorer") as engine, progress() as report:
        outcome = score_portfolio(engine, portfolio, load, as_of=arguments.as_of, report=report)
    return Outcome(_summary(outcome), _facts(outcome))


def _summary(outcome: ScoringOutcome) -> str:
    if outcome.run_id is None or outcome.as_of is None:
        return "no subject has new data; nothing was written"
    resumed = " (a killed run went on)" if outcome.resumed else ""
    subjects = "1 subject" if outcome.scored == 1 else f"{outcome.scored:,} subjects"
    return f"{subjects} scored by {outcome.model_id} as of {outcome.as_of:%Y-%m-%d %H:%M:%S} UTC{resumed}"


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
