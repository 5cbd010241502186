"""Runs of scoring in `pipeline_runs`, and how far each portfolio's scoring has come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, Insert
from sqlalchemy.dialects.postgresql import insert as upsert

from credit.database.pipeline_runs import UnknownRunError, get_run
from credit.database.schema import PIPELINE_RUNS, RISK_SCORE_AUDITS, SCORING_PROGRESS
from credit.run_outcomes import with_workflow

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
class PlannedRun:
    """A run as it is recorded now."""

    run: ScoringRun
    state: str
    """running, succeeded or failed."""
    outcome: Mapping[str, Any]


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


def planned_run(connection: Connection, portfolio: str, run_id: UUID, *, alone: bool = False) -> PlannedRun:
    """A run that a plan recorded, in the caller's transaction, during which nobody closes it.

    With `alone` nobody works on it either: the caller waits for the transactions of its shards, and they for it.

    Raises:
        UnknownRunError: where there is none of that id, or it is of another portfolio or kind.
    """
    found = select(PIPELINE_RUNS).where(_RUNS.run_id == run_id).with_for_update(read=not alone, key_share=alone)
    row = connection.execute(found).one_or_none()
    if row is None:
        raise UnknownRunError(f"no run {run_id}: blink score plan {portfolio} makes one")
    if (row.kind, row.portfolio) != ("score", portfolio) or "plan" not in row.outcome:
        what = f"a {row.kind} run of {row.portfolio}"
        raise UnknownRunError(f"run {run_id} is no planned scoring of {portfolio}: it is {what}")
    return PlannedRun(_run(row), row.state, row.outcome)


def adopt_run(connection: Connection, run: ScoringRun, workflow: str) -> None:
    """Record that a workflow carries the run from now on, beside those that did before."""
    outcome = get_run(connection, run.run_id, lock=True).outcome
    mine = update(PIPELINE_RUNS).where(_RUNS.run_id == run.run_id)
    connection.execute(mine.values(workflow=workflow, outcome=with_workflow(outcome, workflow)))


def open_run(connection: Connection, run: ScoringRun, *, workflow: str | None = None) -> None:
    """Record a run as running, and make the partitions that it and the week to come write to."""
    plan = {
        "model_id": run.model_id,
        "system_identifier": run.system_identifier,
        "since": run.since,
        "backfill": run.backfill,
    }
    outcome = {"plan": plan}
    connection.execute(
        insert(PIPELINE_RUNS).values(
            run_id=run.run_id,
            kind="score",
            portfolio=run.portfolio,
            as_of=run.as_of,
            pg_snapshot=run.pg_snapshot,
            shards=run.shards,
            state="running",
            workflow=workflow,
            outcome=outcome if workflow is None else with_workflow(outcome, workflow),
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
    """Remember what a finished run has seen; a backfill leaves that as it was.

    Shard 0 is what the next run goes by. Rows of shards that only a larger run before had say the same, or they
    would show its last subjects for ever.
    """
    connection.execute(_finished_shards(run))
    larger = update(SCORING_PROGRESS).where(_PROGRESS.portfolio == run.portfolio, _PROGRESS.shard >= run.shards)
    ended = {name: value for name, value in _finished(run, 0).items() if name in _moved_by(run)}
    connection.execute(larger.values(**ended))


def _finished_shards(run: ScoringRun) -> Insert:
    shard = upsert(SCORING_PROGRESS).values([_finished(run, number) for number in range(run.shards)])
    return shard.on_conflict_do_update(
        index_elements=[_PROGRESS.portfolio, _PROGRESS.shard],
        set_={name: shard.excluded[name] for name in _moved_by(run)},
    )


def _finished(run: ScoringRun, shard: int) -> dict[str, Any]:
    seen = None if run.backfill else run.pg_snapshot
    end = {"last_subject": None, "pg_snapshot": seen, "updated_at": func.clock_timestamp()}
    return {**_progress_row(run, shard), **end}


def _moved_by(run: ScoringRun) -> set[str]:
    ended = {"run_id", "last_subject", "updated_at"}
    return ended if run.backfill else ended | {"model_id", "pg_snapshot", "system_identifier"}


def note_look(connection: Connection, portfolio: str) -> None:
    """Remember when nobody had anything new, so that a quiet night is told from scoring that stands still."""
    looked = update(SCORING_PROGRESS).where(_PROGRESS.portfolio == portfolio, _PROGRESS.shard == 0)
    connection.execute(looked.values(updated_at=func.clock_timestamp()))


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
