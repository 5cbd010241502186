"""Scoring: every subject of a portfolio with new data, in shards that run beside each other.

The plan fixes a run in the database; whatever kills a workflow after that, the next plan finds the run unfinished and
goes on with it. Nothing is scored twice and nothing is left out.
"""

from hera.workflows import CronWorkflow, Step, Steps, WorkflowTemplate

from workflows import step_container as container
from workflows import tokens
from workflows.definition import DAY, HOUR, workflow_template
from workflows.exact_models import Arguments, Parameter, TTLStrategy
from workflows.outcome_step import record_step
from workflows.resources import BOOKKEEPING, SCORING
from workflows.retries import retry
from workflows.schedule import cron_workflow
from workflows.volumes import models_mount

KIND = "score"
_RUN_ID = "{{steps.plan.outputs.parameters.run-id}}"


def score_template() -> WorkflowTemplate:
    """Plan, then the shards beside each other, then finish; where nobody has new data the plan is all."""
    return workflow_template(
        KIND,
        {"portfolio": None, "shards": "2", "as-of": ""},
        _order(),
        [container.step_template(step) for step in (_plan(), _shard(), _finish(), record_step(KIND, container.SCORER))],
        # By hand: a first run over everybody. The CronWorkflow sets its own, below its period.
        deadline_seconds=HOUR,
        ttl=TTLStrategy(seconds_after_success=HOUR, seconds_after_failure=DAY),
    )


def score_cron() -> CronWorkflow:
    """Scoring of one portfolio by its schedule, every five minutes as the chart has it."""
    return cron_workflow(
        KIND,
        {"portfolio": tokens.PORTFOLIO, "shards": tokens.SHARDS},
        starting_deadline_seconds=120,
        # Below the period, so that a workflow that hangs costs one start. One that only has much to do is stopped
        # too, and loses a batch of each shard at most: the next plan takes its run up again.
        deadline_seconds=240,
        succeeded_kept=3,
        failed_kept=3,
    )


def _order() -> Steps:
    run_id = Parameter(name="run-id", value=_RUN_ID)
    shard = Arguments(parameters=[run_id, Parameter(name="shard", value="{{item}}")])
    planned = "{{steps.plan.outputs.parameters.state}} == planned"
    return Steps(
        name=KIND,
        sub_steps=[
            Step(name="plan", template="plan"),
            Step(
                name="shard",
                template="shard",
                arguments=shard,
                with_param="{{steps.plan.outputs.parameters.shards}}",
                when=planned,
            ),
            Step(name="finish", template="finish", arguments=Arguments(parameters=[run_id]), when=planned),
        ],
    )


def _plan() -> container.Step:
    return container.Step(
        name="plan",
        component=KIND,
        arguments=[
            "score",
            "plan",
            container.PORTFOLIO,
            "--shards={{workflow.parameters.shards}}",
            "--as-of={{workflow.parameters.as-of}}",
            "--workflow={{workflow.name}}",
        ],
        login=container.SCORER,
        resources=BOOKKEEPING,
        retry=retry(limit=3, seconds=5, cap_seconds=30),
        facts=["run_id", "state", "shards"],
    )


def _shard() -> container.Step:
    return container.Step(
        name="shard",
        component=KIND,
        arguments=[
            "score",
            "shard",
            container.PORTFOLIO,
            "--run-id={{inputs.parameters.run-id}}",
            "--shard={{inputs.parameters.shard}}",
        ],
        login=container.SCORER,
        resources=SCORING,
        retry=retry(limit=4, seconds=5, cap_seconds=60),
        mounts=[models_mount(read_only=True)],
        inputs=["run-id", "shard"],
    )


def _finish() -> container.Step:
    return container.Step(
        name="finish",
        component=KIND,
        arguments=["score", "finish", container.PORTFOLIO, "--run-id={{inputs.parameters.run-id}}"],
        login=container.SCORER,
        resources=BOOKKEEPING,
        retry=retry(limit=4, seconds=5, cap_seconds=60),
        inputs=["run-id"],
    )
