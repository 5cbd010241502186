"""Workflows by hand, as a platform engineer starts them."""

from collections.abc import Mapping
from typing import Any

from tests.cluster.kube import Namespace, until


def workflow(template: str, **parameters: str) -> Mapping[str, Any]:
    """A workflow as `argo submit --from workflowtemplate/…` would make it."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": f"{template}-by-hand-"},
        "spec": {
            "workflowTemplateRef": {"name": template},
            "arguments": {"parameters": [{"name": name, "value": value} for name, value in parameters.items()]},
        },
    }


def outputs(found: Mapping[str, Any], step: str) -> dict[str, str]:
    """The output parameters of a step."""
    nodes = [node for node in found["status"]["nodes"].values() if node["displayName"] == step]
    return {one["name"]: one["value"] for one in nodes[0]["outputs"]["parameters"]}


def suspended_crons(release: Namespace) -> None:
    """Keep the clock from scoring meanwhile: what is counted is the test's own."""
    for cron in release.names("cronworkflows"):
        patch = '{"spec": {"suspend": true}}'
        release.kubectl("patch", "cronworkflow", cron, "--type=merge", f"--patch={patch}")
    active = "workflows.argoproj.io/completed!=true"
    until(lambda: not release.names("workflows", active), "running workflows have ended", seconds=300)
