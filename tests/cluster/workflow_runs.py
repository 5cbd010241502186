"""Workflows by hand, as a platform engineer starts them."""

from collections.abc import Mapping
from typing import Any

from tests.cluster.kube import Namespace, run, until


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
    """Keep the clock from scoring meanwhile: what is counted is the test's own.

    By the chart's value: a field that another client has patched is a conflict at the next upgrade.
    """
    if not all(cron["spec"].get("suspend") for cron in release.objects("cronworkflows")):
        values = ["--namespace", release.name, "--reuse-values", "--set=workflows.suspend=true"]
        run(["helm", "upgrade", "blink", "charts/blink", *values, "--wait", "--timeout=5m"])
    active = "workflows.argoproj.io/completed!=true"
    until(lambda: not release.names("workflows", active), "running workflows have ended", seconds=300)
