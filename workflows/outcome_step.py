"""The exit handler: how a workflow ended, into the database.

The step lies inside a Steps template of its own. As the exit handler itself, a step that may be retried is marked as
failed at once where the workflow is past its deadline (Argo 3.7 and 4.0: the node of a try, `NAME.onExit(0)`, is not
seen as the exit handler's); inside one it runs. Past the deadline there is one try, before it as many as `retry` says.
"""

from hera.workflows import Step as Call
from hera.workflows import Steps

from workflows.resources import BOOKKEEPING
from workflows.retries import retry
from workflows.step_container import PORTFOLIO, Login, Step

ON_EXIT, RECORD = "on-exit", "record"


def on_exit() -> Steps:
    """The exit handler's entry."""
    return Steps(name=ON_EXIT, sub_steps=[Call(name=RECORD, template=RECORD)])


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
