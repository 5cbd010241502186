"""A CronWorkflow over a WorkflowTemplate, one a portfolio."""

from collections.abc import Mapping

from hera.workflows import CronWorkflow

from workflows import tokens
from workflows.exact_models import Parameter, WorkflowTemplateRef
from workflows.labels import PORTFOLIO_LABEL, labels


def cron_workflow(
    kind: str,
    parameters: Mapping[str, str],
    *,
    starting_deadline_seconds: int,
    deadline_seconds: int,
    succeeded_kept: int,
    failed_kept: int,
) -> CronWorkflow:
    """The CronWorkflow RELEASE-`kind`-PORTFOLIO_SLUG: never two at once, a start missed by less than the deadline is
    made up for, a workflow that runs longer than its deadline is stopped.
    """  # noqa: D205 - one sentence
    return CronWorkflow(
        name=f"{tokens.RELEASE}-{kind}-{tokens.PORTFOLIO_SLUG}",
        labels={**labels(kind), PORTFOLIO_LABEL: tokens.PORTFOLIO},
        schedules=[tokens.SCHEDULE],
        timezone=tokens.TIMEZONE,
        concurrency_policy="Forbid",
        starting_deadline_seconds=starting_deadline_seconds,
        successful_jobs_history_limit=succeeded_kept,
        failed_jobs_history_limit=failed_kept,
        workflow_template_ref=WorkflowTemplateRef(name=f"{tokens.RELEASE}-{kind}"),
        arguments=[Parameter(name=name, value=value) for name, value in parameters.items()],
        active_deadline_seconds=deadline_seconds,
    )
