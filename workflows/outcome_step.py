"""The exit handler: how a workflow ended, into the database."""

from workflows.resources import BOOKKEEPING
from workflows.retries import retry
from workflows.step_container import PORTFOLIO, Login, Step

RECORD = "record"


def record_step(kind: str, login: Login, *more: str) -> Step:
    """The step that records a workflow's status and what failed in it; runs last, whatever happened before.

    `more` are arguments that this kind of workflow adds.
    """
    return Step(
        name=RECORD,
        component=kind,
        arguments=[
            "runs",
            "record",
            PORTFOLIO,
            f"--kind={kind}",
            "--workflow={{workflow.name}}",
            "--status={{workflow.status}}",
            "--message={{workflow.failures}}",
            *more,
        ],
        login=login,
        resources=BOOKKEEPING,
        retry=retry(limit=4, seconds=5, cap_seconds=60),
    )
