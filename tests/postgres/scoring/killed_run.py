"""Scores in a process that a test kills: `python -m tests.postgres.scoring.killed_run URL MODELS BATCHES`.

Says `committed` after so many batches and then waits for ever. With 0 batches it never waits by itself.
"""

import sys
from pathlib import Path
from threading import Event

from credit.bundle.reader import load_bundle
from credit.database.connection import connect
from credit.portfolio_file import load_portfolio
from predictor.batch.job import score_portfolio

PORTFOLIO = load_portfolio("cash_advance")


def main() -> None:
    url, models, batches = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])

    def report(_what: str, done: int, _total: int | None) -> None:
        if batches and done == 2 * batches:
            sys.stdout.write("committed\n")
            sys.stdout.flush()
            Event().wait()

    engine = connect(url, role="blink_scorer")
    score_portfolio(
        engine, PORTFOLIO, lambda model: load_bundle(models / str(model.model_path)), batch_size=2, report=report
    )


main()
