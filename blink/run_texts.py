"""Runs of the pipeline in words."""

from datetime import datetime, timedelta

from credit.database.pipeline_runs import PipelineRun
from credit.plain_table import table

HEAD = ("run", "kind", "portfolio", "batch", "state", "started (UTC)", "took", "what came of it")
NO_RUNS = "no runs yet: `blink score PORTFOLIO` and `blink train PORTFOLIO` make them"
LONGEST = 100
"""Characters of what came of a run that a table shows."""


def listed(runs: tuple[PipelineRun, ...]) -> str:
    """Runs as a table, a line each."""
    return table(HEAD, [_row(run) for run in runs]) if runs else NO_RUNS


def shown(run: PipelineRun) -> str:
    """Everything that is recorded of a run."""
    lines = [
        f"{run.kind} run {run.run_id}  {run.state}",
        *_line("portfolio", run.portfolio),
        *_line("batch", run.batch_id),
        *_line("as of", _utc(run.as_of)),
        *_line("asked for by", run.requested_by),
        *_line("workflow", run.workflow),
        *_line("shards", None if run.kind == "train" else str(run.shards)),
        *_line("started", _utc(run.started_at)),
        *_line("took", took(run)),
        *_line("came of it", came_of(run)),
        *_line("reason", run.outcome.get("reason")),
        *(f"  earlier try   {one['error']} (until {one['until']})" for one in run.outcome.get("tries", ())),
        *(f"  in workflow   {_workflow(one)}" for one in run.outcome.get("workflows", ())),
    ]
    return "\n".join(lines)


def came_of(run: PipelineRun) -> str:
    """What came of a run, in one line; empty while nothing has."""
    outcome = run.outcome
    if "error" in outcome:
        return " ".join(str(outcome["error"]).split())
    if run.state == "succeeded" and run.kind == "score":
        return f"{outcome['scored']:,} scored by {outcome['plan']['model_id']}"
    decision = outcome.get("decision")
    told = "" if decision is None else f"; {decision.replace('_', ' ')}"
    return f"{outcome['model_id']}{told}" if outcome.get("model_id") else ""


def took(run: PipelineRun) -> str:
    """How long the last try of a run took; empty while it has not ended."""
    if run.finished_at is None:
        return ""
    return str(timedelta(seconds=round((run.finished_at - run.started_at).total_seconds())))


def _row(run: PipelineRun) -> tuple[str, ...]:
    end = came_of(run)
    return (
        str(run.run_id),
        run.kind,
        run.portfolio,
        run.batch_id or "",
        run.state,
        f"{run.started_at:%Y-%m-%d %H:%M:%S}",
        took(run),
        end if len(end) <= LONGEST else f"{end[: LONGEST - 3]}...",
    )


def _line(name: str, value: str | None) -> tuple[str, ...]:
    return (f"  {name:12}  {value}",) if value else ()


def _workflow(one: dict[str, str]) -> str:
    end = f" at {one['ended_at']}" if "ended_at" in one else ""
    message = f": {one['message']}" if one.get("message") else ""
    return f"{one['workflow']} {one['status']}{end}{message}"


def _utc(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"
