"""Runs of scoring in `pipeline_runs`, and how far each portfolio's scoring has come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from credit.database.schema import PIPELINE_RUNS, RISK_SCORE_AUDITS, SCORING_PROGRESS

_RUNS, _PROGRESS = PIPELINE_RUNS.c, SCORING_PROGRESS.c
_PARTITION_DAYS = 8
"""Today and a week ahead."""


@dataclass(frozen=True, slots=True)
class ScoringRun:
    """What the plan of a run fixes; every retry reads it back."""

    run_id: UUID
    portfolio: str
    as_of: datetime
    pg_snapshot: str
    """What the run sees."""
    shards: int
    model_id: str
    system_identifier: int
    """Of the database cluster: transaction ids mean nothing in another."""
    since: str | None
    """What the last finished run saw, so that only subjects with later data are scored; None: all are."""
    backfill: bool
    """Whether the as_of was asked for; such a run leaves it to others to notice new data."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The database's present."""

    pg_snapshot: str
    as_of: datetime
    """Taken after the snapshot by the same clock that stamps facts: what the snapshot sees was known by then."""
    system_identifier: int


@dataclass(frozen=True, slots=True)
class Watermark:
    """What the last finished run has seen, with which model, in which cluster."""

    pg_snapshot: str
    model_id: str
    system_identifier: int


def present(connection: Connection) -> Moment:
    """The database's present, in a transaction of the caller."""
    # Two statements: within one, nothing says which is evaluated first.
    snapshot = connection.execute(text("SELECT CAST(pg_current_snapshot() AS text)")).scalar_one()
    clock = text("SELECT clock_timestamp() AS now, system_identifier FROM pg_control_system()")
    row = connection.execute(clock).one()
    return Moment(snapshot, row.now, row.system_identifier)


def watermark(connection: Connection, portfolio: str) -> Watermark | None:
    """What the portfolio's last finished run has seen; None before the first."""
    found = select(_PROGRESS.pg_snapshot, _PROGRESS.model_id, _PROGRESS.system_identifier).where(
        _PROGRESS.portfolio == portfolio, _PROGRESS.shard == 0, _PROGRESS.pg_snapshot.is_not(None)
    )
    row = connection.execute(found).one_or_none()
    return None if row is None else Watermark(*row)


def running(connection: Connection, portfolio: str) -> ScoringRun | None:
    """The portfolio's run that is marked as running; None where there is none."""
    found = select(PIPELINE_RUNS).where(
        _RUNS.kind == "score", _RUNS.portfolio == portfolio, _RUNS.state == "running", _RUNS.batch_id.is_(None)
    )
    row = connection.execute(found).one_or_none()
    return None if row is None else _run(row)


def open_run(connection: Connection, run: ScoringRun) -> None:
    """Record a run as running, and make the partitions that it and the week to come write to."""
    plan = {
        "model_id": run.model_id,
        "system_identifier": run.system_identifier,
        "since": run.since,
        "backfill": run.backfill,
    }
    connection.execute(
        insert(PIPELINE_RUNS).values(
            run_id=run.run_id,
            kind="score",
            portfolio=run.portfolio,
            as_of=run.as_of,
            pg_snapshot=run.pg_snapshot,
            shards=run.shards,
            state="running",
            outcome={"plan": plan},
            started_at=func.clock_timestamp(),
        )
    )
    connection.execute(select(func.blink.ensure_partitions(func.date(run.as_of), 1)))
    connection.execute(select(func.blink.ensure_partitions(func.current_date(), _PARTITION_DAYS)))


def close_run(
    connection: Connection, run: ScoringRun, *, state: Literal["succeeded", "failed"], outcome: Mapping[str, Any]
) -> None:
    """Mark a run as ended, with what came of it beside its plan."""
    mine = update(PIPELINE_RUNS).where(_RUNS.run_id == run.run_id, _RUNS.state == "running")
    ended = _RUNS.outcome.op("||")(literal(dict(outcome), JSONB))
    connection.execute(mine.values(state=state, outcome=ended, finished_at=func.clock_timestamp()))


def move_progress(connection: Connection, run: ScoringRun, shard: int, last_subject: str) -> None:
    """Remember how far a shard of the run has come, in the transaction that wrote its scores."""
    row = upsert(SCORING_PROGRESS).values(
        **_progress_row(run, shard), last_subject=last_subject, updated_at=func.clock_timestamp()
    )
    changed = {name: row.excluded[name] for name in ("run_id", "last_subject", "updated_at")}
    connection.execute(row.on_conflict_do_update(index_elements=[_PROGRESS.portfolio, _PROGRESS.shard], set_=changed))


def move_watermark(connection: Connection, run: ScoringRun) -> None:
    """Remember what a finished run has seen; a backfill leaves that as it was."""
    shard = upsert(SCORING_PROGRESS)
    ended = {"run_id", "last_subject", "updated_at"}
    changed = ended if run.backfill else ended | {"model_id", "pg_snapshot", "system_identifier"}
    statement = shard.on_conflict_do_update(
        index_elements=[_PROGRESS.portfolio, _PROGRESS.shard],
        set_={name: shard.excluded[name] for name in changed},
    )
    seen = None if run.backfill else run.pg_snapshot
    connection.execute(
        statement.values(
            [
                {
                    **_progress_row(run, number),
                    "last_subject": None,
                    "pg_snapshot": seen,
                    "updated_at": func.clock_timestamp(),
                }
                for number in range(run.shards)
            ]
        )
    )


def count_scores(connection: Connection, run: ScoringRun) -> int:
    """How many scores the run has written."""
    audits = RISK_SCORE_AUDITS.c
    mine = select(func.count()).where(audits.as_of == run.as_of, audits.run_id == run.run_id)
    return int(connection.execute(mine).scalar_one())


def _progress_row(run: ScoringRun, shard: int) -> dict[str, Any]:
    return {
        "portfolio": run.portfolio,
        "shard": shard,
        "model_id": run.model_id,
        "run_id": run.run_id,
        "system_identifier": run.system_identifier,
    }


def _run(row: Any) -> ScoringRun:
    plan = row.outcome["plan"]
    return ScoringRun(
        run_id=row.run_id,
        portfolio=row.portfolio,
        as_of=row.as_of,
        pg_snapshot=row.pg_snapshot,
        shards=row.shards,
        model_id=plan["model_id"],
        system_identifier=plan["system_identifier"],
        since=plan["since"],
        backfill=plan["backfill"],
    )
