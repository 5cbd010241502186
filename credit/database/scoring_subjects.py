"""Which subjects a run of scoring has to score still."""

from functools import cache
from importlib import resources

from sqlalchemy import Connection, TextClause, text

from credit.database.scoring_runs import ScoringRun


def subjects_to_score(connection: Connection, run: ScoringRun, shard: int) -> tuple[str, ...]:
    """Subjects of a shard in [0, run.shards) with new data and no score by this run's model as of its time.

    New data are transactions and the like, or rows of a lender's own table: a portfolio has one or the other. The
    answer is fixed by the run, but for those scored meanwhile: a run that is taken over goes on where it was.
    """
    values = {
        "portfolio": run.portfolio,
        "as_of": run.as_of,
        "snapshot": run.pg_snapshot,
        "since": run.since,
        "model_id": run.model_id,
        "shards": run.shards,
        "shard": shard,
    }
    by_transactions, by_rows = (tuple(connection.scalars(_statement(name), values)) for name in _STATEMENTS)
    return tuple(sorted({*by_transactions, *by_rows})) if by_transactions and by_rows else by_transactions or by_rows


_STATEMENTS = ("scoring_subjects", "scoring_table_subjects")


@cache
def _statement(name: str) -> TextClause:
    return text((resources.files("credit.database") / f"{name}.sql").read_text("utf-8"))
