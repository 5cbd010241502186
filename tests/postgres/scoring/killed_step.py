"""A step of scoring in a process of its own: `python -m tests.postgres.scoring.killed_step URL MODELS RUN STEP N`.

STEP is a shard's number, or finish. A shard says `committed` after N batches and then waits for ever; with 0
batches it never waits by itself.
"""

import sys
from pathlib import Path
from threading import Event
from uuid import UUID

from credit.bundle.reader import load_bundle
from credit.database.connection import connect
from credit.portfolio_file import load_portfolio
from predictor.batch.separate_steps import finish_planned, score_planned_shard

PORTFOLIO = load_portfolio("cash_advance")


def main() -> None:
    url, models, run_id, step, batches = sys.argv[1:]
    engine = connect(url, role="blink_scorer")
    if step == "finish":
        finish_planned(engine, PORTFOLIO.name, UUID(run_id))
        return

    def report(_what: str, done: int, _total: int | None) -> None:
        if done and done == int(batches):
            sys.stdout.write("committed\n")
            sys.stdout.flush()
            Event().wait()

    score_planned_shard(
        engine,
        PORTFOLIO,
        lambda model: load_bundle(Path(models) / str(model.model_path)),
        run_id=UUID(run_id),
        shard=int(step),
        batch_size=1,
        report=report,
    )


main()
