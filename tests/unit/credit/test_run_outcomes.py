"""What is recorded of a run beside its state."""

from datetime import UTC, datetime

from credit.run_outcomes import LONGEST_MESSAGE, tried_again, with_workflow, with_workflow_end

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_workflow_is_recorded_once_the_latest_last():
    twice = with_workflow(with_workflow(with_workflow({"plan": 1}, "a"), "b"), "a")
    assert twice == {
        "plan": 1,
        "workflows": [{"workflow": "b", "status": "Running"}, {"workflow": "a", "status": "Running"}],
    }


def test_its_first_end_stays():
    ended = with_workflow_end(with_workflow({}, "a"), "a", status="Failed", message="x" * 5000, at=NOW)
    assert ended == {
        "workflows": [
            {"workflow": "a", "status": "Failed", "message": "x" * LONGEST_MESSAGE, "ended_at": NOW.isoformat()}
        ]
    }
    assert with_workflow_end(ended, "a", status="Succeeded", message="", at=NOW.replace(year=2027)) is ended


def test_an_end_of_a_workflow_that_nobody_announced_is_recorded_too():
    ended = with_workflow_end({}, "a", status="Error", message="", at=NOW)
    assert [one["workflow"] for one in ended["workflows"]] == ["a"]


def test_tries_are_kept_in_order_and_what_was_said_of_the_run_stays():
    once = tried_again({"error": "first", "workflows": []}, killed="killed", at=NOW)
    assert once == {"workflows": [], "tries": [{"error": "first", "until": NOW.isoformat()}]}
    assert [one["error"] for one in tried_again(once, killed="killed", at=NOW)["tries"]] == ["first", "killed"]
