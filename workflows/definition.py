"""What the WorkflowTemplates have in common."""

from collections.abc import Mapping, Sequence

from hera.workflows import Steps, WorkflowTemplate

from workflows import tokens
from workflows.exact_models import LabelValueFrom, Parameter, PodGC, Template, TTLStrategy, WorkflowMetadata
from workflows.labels import PORTFOLIO_LABEL, labels
from workflows.outcome_step import ON_EXIT, on_exit
from workflows.pod_security import executor_patch, pod_security_context
from workflows.volumes import volumes

HOUR, DAY = 3600, 86400


def workflow_template(
    kind: str,
    parameters: Mapping[str, str | None],
    order: Steps,
    templates: Sequence[Template],
    *,
    deadline_seconds: int,
    ttl: TTLStrategy,
) -> WorkflowTemplate:
    """The WorkflowTemplate RELEASE-`kind`; a parameter without a default (None) must be given.

    Args:
        kind: score or train; also the component of its labels and its service account.
        parameters: the workflow's parameters and their defaults.
        order: the entry point.
        templates: the steps that it names, and the exit handler's.
        deadline_seconds: after this a workflow is stopped and its exit handler runs.
        ttl: when a workflow that has ended is deleted, with the pods that it kept. Longer than the starting deadline
            of the CronWorkflow: a workflow gone before would be started again.
    """
    return WorkflowTemplate(
        name=f"{tokens.RELEASE}-{kind}",
        labels=labels(kind),
        arguments=[Parameter(name=name, value=value) for name, value in parameters.items()],
        entrypoint=order.name,
        templates=[order, *templates, on_exit()],
        on_exit=ON_EXIT,
        service_account_name=f"{tokens.RELEASE}-{kind}",
        automount_service_account_token=True,  # Argo's `wait` container reports with it; see volumes.py for ours
        security_context=pod_security_context(),
        pod_spec_patch=executor_patch(),
        volumes=volumes(),
        active_deadline_seconds=deadline_seconds,
        ttl_strategy=ttl,
        pod_gc=PodGC(strategy="OnPodSuccess"),  # a failed pod stays with its workflow, for its log
        workflow_metadata=WorkflowMetadata(
            labels=labels(kind),
            labels_from={PORTFOLIO_LABEL: LabelValueFrom(expression="workflow.parameters.portfolio")},
        ),
    )
