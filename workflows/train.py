"""Training: a challenger on outcomes that are known, then its way into traffic.

Backfill, fit, gate and registration are one step because they are one transaction: a killed run leaves nothing half
done (docs/decisions/0008).
"""

from hera.workflows import CronWorkflow, Step, Steps, WorkflowTemplate

from workflows import step_container as container
from workflows import tokens
from workflows.definition import DAY, HOUR, workflow_template
from workflows.exact_models import Arguments, Parameter, TTLStrategy
from workflows.outcome_step import record_step
from workflows.resources import BOOKKEEPING, TRAINING
from workflows.retries import retry
from workflows.schedule import cron_workflow
from workflows.volumes import models_mount

KIND = "train"

# A retry must name the run that it goes on with, so the id is fixed before the first try: the workflow's own where
# none was given.
_RUN_ID = "{{=workflow.parameters['run-id'] == '' ? workflow.uid : workflow.parameters['run-id']}}"
_DEPLOY = "{{=workflow.parameters.deploy == 'true' ? '--deploy' : '--no-deploy'}}"
_FORCE = "{{=workflow.parameters['force-reason'] == '' ? '--no-force' : '--force'}}"

ROLLOUT_SECONDS = HOUR // 2


def train_template() -> WorkflowTemplate:
    """Train, then wait until rollout has moved the traffic, or needs to move none."""
    return workflow_template(
        KIND,
        {"portfolio": None, "run-id": "", "batch-id": "", "deploy": "true", "force-reason": ""},
        _order(),
        [container.step_template(step) for step in (_train(), _rollout(), _record())],
        deadline_seconds=6 * HOUR,
        ttl=TTLStrategy(seconds_after_success=7 * DAY, seconds_after_failure=14 * DAY),
    )


def train_cron() -> CronWorkflow:
    """Training of one portfolio by its schedule, weekly as the chart has it; deployed where its gate agrees."""
    return cron_workflow(
        KIND,
        {"portfolio": tokens.PORTFOLIO, "deploy": "true"},
        starting_deadline_seconds=6 * HOUR,  # a cluster that was down at night trains in the morning
        deadline_seconds=6 * HOUR,
        succeeded_kept=3,
        failed_kept=3,
    )


def _order() -> Steps:
    run_id = Arguments(parameters=[Parameter(name="run-id", value=_RUN_ID)])
    return Steps(
        name="train-and-roll-out",
        sub_steps=[
            Step(name="train", template="train", arguments=run_id),
            Step(name="rollout", template="rollout", arguments=run_id),
        ],
    )


def _train() -> container.Step:
    return container.Step(
        name="train",
        component=KIND,
        arguments=[
            "train",
            container.PORTFOLIO,
            "--run-id={{inputs.parameters.run-id}}",
            "--batch-id={{workflow.parameters.batch-id}}",
            _DEPLOY,
            _FORCE,
            "--reason={{workflow.parameters.force-reason}}",
            "--workflow={{workflow.name}}",
        ],
        login=container.TRAINER,
        resources=TRAINING,
        # 45 minutes: a database that fails over, or is upgraded, costs no week without a model.
        retry=retry(limit=8, seconds=30, cap_seconds=600),
        mounts=[models_mount(read_only=False)],
        inputs=["run-id"],
    )


def _rollout() -> container.Step:
    return container.Step(
        name="rollout",
        component=KIND,
        arguments=["rollout", "wait", "--run-id={{inputs.parameters.run-id}}", f"--timeout={ROLLOUT_SECONDS}"],
        login=container.TRAINER,
        resources=BOOKKEEPING,
        retry=retry(limit=2, seconds=30, cap_seconds=60),
        inputs=["run-id"],
    )


def _record() -> container.Step:
    # A run that was asked for and that no step came to is closed by its id.
    return record_step(KIND, container.TRAINER, "--run-id={{workflow.parameters.run-id}}")
