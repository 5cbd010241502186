"""Decisions of the scoring job, pure: what a run sees, and whether a run that was left behind goes on."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from credit.database.scoring_runs import Moment, ScoringRun, Watermark


class ScoringError(Exception):
    """A portfolio cannot be scored as asked; the message says what to do."""


class NoChampionError(ScoringError):
    """No model is deployed yet, so that nobody can be scored."""


class ImpossibleRunError(ScoringError):
    """No retry can score the run's subjects as of its time; left open, it would stand before every later run."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of the scoring job."""

    portfolio: str
    as_of: datetime | None = None
    """With its zone; None: now. Scores as of a time that is given are a backfill: they use what was known then, for
    every subject, and leave it to the next ordinary run to notice new data."""
    shards: int = 1
    """At least 1."""


def new_run(wish: Wish, now: Moment, champion: str, seen: Watermark | None, *, run_id: UUID) -> ScoringRun:
    """The run that answers a wish.

    Raises:
        ScoringError: where the time asked for has no zone or lies in the future.
    """
    return ScoringRun(
        run_id=run_id,
        portfolio=wish.portfolio,
        as_of=now.as_of if wish.as_of is None else _checked(wish.as_of, now),
        pg_snapshot=now.pg_snapshot,
        shards=wish.shards,
        model_id=champion,
        system_identifier=now.system_identifier,
        since=None if wish.as_of is not None else _since(seen, champion, now),
        backfill=wish.as_of is not None,
    )


def obstacle(run: ScoringRun, now: Moment, champion: str) -> str | None:
    """Why a run that was left behind cannot go on; None where it can."""
    if run.system_identifier != now.system_identifier:
        return "the database was restored into another cluster, where the run's snapshot means nothing"
    if run.model_id != champion:
        return f"the champion is {champion} now, no longer {run.model_id}"
    return None


def answers(run: ScoringRun, wish: Wish) -> bool:
    """Whether a run that was left behind is what is asked for now."""
    return run.backfill == (wish.as_of is not None) and wish.as_of in {None, run.as_of}


def _since(seen: Watermark | None, champion: str, now: Moment) -> str | None:
    # A new champion scores everybody anew. Transaction ids of another cluster say nothing of what was seen.
    if seen is None or (seen.model_id, seen.system_identifier) != (champion, now.system_identifier):
        return None
    return seen.pg_snapshot


def _checked(as_of: datetime, now: Moment) -> datetime:
    if as_of.tzinfo is None:
        raise ScoringError(f"as_of {as_of.isoformat()} needs its zone, such as {as_of.isoformat()}Z for UTC")
    if as_of > now.as_of:
        raise ScoringError(f"as_of {as_of.isoformat()} lies in the future: nothing is known as of then")
    return as_of
