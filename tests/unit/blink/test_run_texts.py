"""Runs in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from blink.run_texts import NO_RUNS, came_of, listed, shown, took
from credit.database.pipeline_runs import PipelineRun

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TRAINED = PipelineRun(
    run_id=UUID(int=1),
    kind="train",
    portfolio="cash_advance",
    batch_id="B-1",
    state="succeeded",
    workflow="blink-train-x",
    requested_by="anna",
    as_of=NOW,
    outcome={"model_id": "model_B-1_20260301_120000", "decision": "awaiting_approval", "reason": "no worse"},
    started_at=NOW,
    finished_at=NOW + timedelta(minutes=3, seconds=7.6),
)
FAILED = replace(TRAINED, state="failed", outcome={"error": "disk\n  full"}, batch_id=None)
ASKED_FOR = replace(TRAINED, state="requested", outcome={}, finished_at=None)


def test_what_came_of_a_run():
    assert came_of(TRAINED) == "model_B-1_20260301_120000; awaiting approval"
    assert came_of(FAILED) == "disk full"
    assert came_of(ASKED_FOR) == ""
    scored = replace(TRAINED, kind="score", outcome={"scored": 1200, "plan": {"model_id": "m"}})
    assert came_of(scored) == "1,200 scored by m"
    assert came_of(replace(scored, state="running", outcome={"plan": {"model_id": "m"}})) == ""


def test_how_long_it_took():
    assert took(TRAINED) == "0:03:08"
    assert took(ASKED_FOR) == ""


def test_a_list_has_a_line_a_run_and_cuts_long_ends_short():
    long = replace(FAILED, outcome={"error": "x" * 200})
    head, first, second = listed((TRAINED, long)).splitlines()
    assert head.split("  ")[0] == "run"
    assert head.endswith("state      started (UTC)        took     what came of it")
    assert first.endswith(
        "B-1    succeeded  2026-03-01 12:00:00  0:03:08  model_B-1_20260301_120000; awaiting approval"
    )
    assert second.endswith(f"  {'x' * 97}...")
    assert listed(()) == NO_RUNS


def test_everything_of_a_run_is_shown():
    tried = {
        "tries": [{"error": "killed before it ended", "until": "2026-03-01T11:00:00+00:00"}],
        "workflows": [
            {"workflow": "w1", "status": "Failed", "message": "OOM", "ended_at": "2026-03-01T11:01:00+00:00"},
            {"workflow": "w2", "status": "Running"},
        ],
    }
    run = replace(TRAINED, outcome={**TRAINED.outcome, **tried})
    assert shown(run).splitlines() == [
        "train run 00000000-0000-0000-0000-000000000001  succeeded",
        "  portfolio     cash_advance",
        "  batch         B-1",
        "  as of         2026-03-01 12:00:00 UTC",
        "  asked for by  anna",
        "  workflow      blink-train-x",
        "  started       2026-03-01 12:00:00 UTC",
        "  took          0:03:08",
        "  came of it    model_B-1_20260301_120000; awaiting approval",
        "  reason        no worse",
        "  earlier try   killed before it ended (until 2026-03-01T11:00:00+00:00)",
        "  in workflow   w1 Failed at 2026-03-01T11:01:00+00:00: OOM",
        "  in workflow   w2 Running",
    ]
