"""Figures of the pipeline for those who watch it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, cast, func, literal, or_, select, union_all

from credit.database.columns import TIME
from credit.database.models import ModelStatus
from credit.database.schema import (
    ACTIVE_RUN,
    BLINK_MODELS,
    GROUND_TRUTH_LABELS,
    PIPELINE_RUNS,
    SCORING_PROGRESS,
)

RECENT = timedelta(days=1)
"""Runs that ended longer ago are not counted."""

_RUNS, _PROGRESS = PIPELINE_RUNS.c, SCORING_PROGRESS.c


@dataclass(frozen=True, slots=True)
class RunCount:
    """How many runs of a kind are in a state."""

    portfolio: str
    kind: str
    state: str
    runs: int


@dataclass(frozen=True, slots=True)
class Finished:
    """When a run of a kind last came to a result."""

    portfolio: str
    kind: str
    at: datetime


def champions(connection: Connection) -> Sequence[tuple[str, str]]:
    """Each portfolio that has a champion, with the champion's id."""
    found = select(BLINK_MODELS.c.portfolio, BLINK_MODELS.c.model_id).where(
        BLINK_MODELS.c.status == ModelStatus.CHAMPION
    )
    return [(row.portfolio, row.model_id) for row in connection.execute(found.order_by(BLINK_MODELS.c.portfolio))]


def count_runs(connection: Connection, now: datetime) -> Sequence[RunCount]:
    """The runs that are active or began in the last day, by portfolio, kind and state."""
    keys = (_RUNS.portfolio, _RUNS.kind, _RUNS.state)
    counted = select(*keys, func.count()).where(or_(ACTIVE_RUN, _RUNS.started_at > now - RECENT))
    return [RunCount(*row) for row in connection.execute(counted.group_by(*keys).order_by(*keys))]


def last_finished(connection: Connection) -> Sequence[Finished]:
    """When each portfolio's runs of each kind last ended otherwise than as failed.

    A look that found nobody with anything new writes no run; it counts as scoring that ended. Scoring that has never
    ended counts from the time as of which its first run scores, so that one that cannot end is seen to be late.
    """
    results = _RUNS.state.in_(["succeeded", "refused"])
    never = cast(None, TIME)
    ended = select(_RUNS.portfolio, _RUNS.kind, _RUNS.finished_at.label("at"), never.label("begun")).where(results)
    # Between two runs: while one works the time is that of its latest batch.
    idle = (_PROGRESS.shard == 0) & _PROGRESS.last_subject.is_(None)
    looked = select(_PROGRESS.portfolio, literal("score"), _PROGRESS.updated_at, never).where(idle)
    active = select(_RUNS.portfolio, _RUNS.kind, never, _RUNS.as_of).where(ACTIVE_RUN, _RUNS.kind == "score")
    either = union_all(ended, looked, active).subquery().c
    keys = (either.portfolio, either.kind)
    latest = select(*keys, func.coalesce(func.max(either.at), func.min(either.begun)))
    return [Finished(*row) for row in connection.execute(latest.group_by(*keys).order_by(*keys))]


def portfolios_of_batch(connection: Connection, batch_id: str) -> Sequence[str]:
    """The portfolios that hold labelled rows of a batch."""
    labels = GROUND_TRUTH_LABELS.c
    found = select(labels.portfolio).where(labels.batch_id == batch_id).distinct().order_by(labels.portfolio)
    return list(connection.execute(found).scalars())
