"""What is recorded of a run beside its state, as JSON: earlier tries, the workflows that carried it. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

Outcome = Mapping[str, Any]
"""plan, error, tries, workflows, and what came of the run."""

RUNNING = "Running"
LONGEST_MESSAGE = 4000
"""Characters that are kept of what a workflow says."""


def with_workflow(outcome: Outcome, workflow: str) -> Outcome:
    """The outcome of a run that a workflow carries from now on, beside those that did before."""
    known = [one for one in outcome.get("workflows", []) if one["workflow"] != workflow]
    return {**outcome, "workflows": [*known, {"workflow": workflow, "status": RUNNING}]}


def with_workflow_end(outcome: Outcome, workflow: str, *, status: str, message: str, at: datetime) -> Outcome:
    """The outcome of a run whose workflow has ended; told again it stays as it is."""
    workflows = outcome.get("workflows", [])
    if any(one["workflow"] == workflow and one["status"] != RUNNING for one in workflows):
        return outcome
    end = {"workflow": workflow, "status": status, "message": message[:LONGEST_MESSAGE], "ended_at": at.isoformat()}
    before = [one for one in workflows if one["workflow"] != workflow]
    return {**outcome, "workflows": [*before, end]}


def tried_again(outcome: Outcome, *, killed: str, at: datetime) -> Outcome:
    """The outcome of a run whose last try failed, or was killed, as the next one begins at `at`."""
    kept = {name: value for name, value in outcome.items() if name not in {"error", "tries"}}
    error = outcome.get("error", killed)
    return {**kept, "tries": [*outcome.get("tries", []), {"error": error, "until": at.isoformat()}]}
