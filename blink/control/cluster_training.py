"""Trainings as Argo workflows.

A run's workflow is named after the run, so that it is made once however often it is tried.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from blink.control.training import NotStartedError, Upkeep, deploys, was_started
from credit.database.pipeline_runs import PipelineRun
from rollout.cluster import WORKFLOW, Cluster
from rollout.errors import ClusterAwayError, ClusterError, ObjectExistsError
from rollout.manifests import PORTFOLIO_LABEL, Manifest, owner_reference
from rollout.names import control_account

_log = logging.getLogger(__name__)

START_WITHIN = timedelta(minutes=10)
"""After which a run that was asked for and not started is closed: nobody waits for it any more."""
RECORDED_WITHIN = timedelta(minutes=1)
"""Of a workflow's end its exit handler has recorded the outcome."""
ENDED = ("Succeeded", "Failed", "Error")


@dataclass(frozen=True, slots=True)
class WorkflowState:
    """How far a workflow has come."""

    phase: str
    """Empty where its controller has not seen it yet."""
    message: str
    finished_at: datetime | None


def upkeep(run: PipelineRun, workflow: WorkflowState | None, now: datetime) -> Upkeep | str:
    """What is to be done about an active run, seen its workflow (None: there is none); a text says why it is over."""
    if workflow is None:
        if was_started(run):
            return f"its workflow {run.workflow} does not exist any more"
        if now - run.started_at < START_WITHIN:
            return Upkeep.START
        return f"its workflow {run.workflow} could not be created in {START_WITHIN}"
    if workflow.phase in ENDED and workflow.finished_at is not None and now - workflow.finished_at > RECORDED_WITHIN:
        said = f": {workflow.message}" if workflow.message else ""
        return f"its workflow {run.workflow} ended as {workflow.phase} and recorded nothing{said}"
    return Upkeep.LEAVE


@dataclass(frozen=True, slots=True)
class WorkflowTraining:
    """Carries trainings in the WorkflowTemplate of a release."""

    cluster: Cluster
    release: str
    template: str
    argo_url: str

    def workflow(self, run_id: UUID) -> str:
        """The name of the run's workflow."""
        return f"{self.release}-train-{run_id.hex[:8]}"

    def start(self, run: PipelineRun) -> bool:
        """Create the run's workflow. Where the API does not answer, it is to be tried again.

        Raises:
            NotStartedError: where the API refuses.
        """
        try:
            self.cluster.create(WORKFLOW, self._manifest(run))
        except ObjectExistsError:
            return True
        except ClusterAwayError as error:
            _log.warning("run %s: %s; it is tried again", run.run_id, error)
            return False
        except ClusterError as error:
            raise NotStartedError(f"the workflow of run {run.run_id} cannot be created: {error}") from error
        return True

    def _manifest(self, run: PipelineRun) -> Manifest:
        account = control_account(self.release)
        return training_workflow(
            run,
            self.cluster.namespace,
            self.release,
            template=self.template,
            owner=owner_reference(account, self.cluster.account_uid(account)),
        )

    def upkeep(self, run: PipelineRun, connection: Connection, now: datetime) -> Upkeep | str:  # noqa: ARG002 - a Carrier
        """What is to be done about a run, from the state of its workflow.

        Raises:
            ClusterError: where the API refuses, or does not answer.
        """
        if run.workflow is None or not run.workflow.startswith(f"{self.release}-"):
            return Upkeep.LEAVE  # by hand, or another release's
        found = self.cluster.get(WORKFLOW, run.workflow)
        return upkeep(run, None if found is None else _state(found), now)

    def watch(self, run: PipelineRun) -> Mapping[str, str]:
        """The workflow's name, the command that follows it, and its page."""
        if run.workflow is None:
            return {}
        place = f"/workflows/{self.cluster.namespace}/{run.workflow}"
        return {
            "workflow": run.workflow,
            "kubectl": f"kubectl get workflow {run.workflow} --namespace {self.cluster.namespace} --watch",
            **({"argo": self.argo_url.rstrip("/") + place} if self.argo_url else {}),
        }


def training_workflow(run: PipelineRun, namespace: str, release: str, *, template: str, owner: Manifest) -> Manifest:
    """The workflow of a run: the template's steps with the run's parameters. Pure.

    The template's labels are repeated, as Argo adds them only when it has seen the workflow; its owner takes it away.
    """
    parameters = {
        "portfolio": run.portfolio,
        "batch-id": run.batch_id or "",
        "run-id": str(run.run_id),
        "deploy": str(deploys(run)).lower(),
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            "name": run.workflow,
            "namespace": namespace,
            "labels": {
                "app.kubernetes.io/name": "blink",
                "app.kubernetes.io/instance": release,
                "app.kubernetes.io/component": "train",
                PORTFOLIO_LABEL: run.portfolio,
                "workflows.argoproj.io/workflow-template": template,
            },
            "ownerReferences": [owner],
        },
        "spec": {
            "workflowTemplateRef": {"name": template},
            "arguments": {"parameters": [{"name": name, "value": value} for name, value in parameters.items()]},
        },
    }


def _state(workflow: Manifest) -> WorkflowState:
    status = workflow.get("status", {})
    finished = status.get("finishedAt")
    return WorkflowState(
        phase=str(status.get("phase", "")),
        message=str(status.get("message", "")),
        finished_at=None if not finished else datetime.fromisoformat(finished),
    )
