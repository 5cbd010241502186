"""Which subjects a run of scoring has to score still."""

from functools import cache
from importlib import resources

from sqlalchemy import Connection, TextClause, text

from credit.database.scoring_runs import ScoringRun


def subjects_to_score(connection: Connection, run: ScoringRun, shard: int) -> tuple[str, ...]:
    """Subjects of a shard in [0, run.shards) with new data and no score by this run's model as of its time.

    The answer is fixed by the run, but for those scored meanwhile: a run that is taken over goes on where it was.
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
    return tuple(connection.scalars(_statement(), values))


@cache
def _statement() -> TextClause:
    return text((resources.files("credit.database") / "scoring_subjects.sql").read_text("utf-8"))
