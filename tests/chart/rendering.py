"""The chart as Helm renders it."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.chart.go_tools import HELM

CHART = Path(__file__).parents[2] / "charts" / "blink"
VALUES = Path(__file__).parent / "values"

Object = Mapping[str, Any]
PROFILES = ("default", "minimal", "s3", "all")
"""The files of values/, and `default`: no file."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of a rendered object."""

    owner: str
    spec: Object
    labels: Mapping[str, str]


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Helm's answer, whether it succeeded or not."""
    return subprocess.run([HELM.path(), *arguments], capture_output=True, text=True, check=False)


@cache
def rendered_text(profile: str, *options: str, release: str = "blink") -> str:
    """What `helm template` writes."""
    files = () if profile == "default" else ("--values", str(VALUES / f"{profile}.yaml"))
    ended = helm("template", release, str(CHART), "--namespace", "credit", *files, *options)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@cache
def rendered(profile: str, *options: str, release: str = "blink") -> Mapping[tuple[str, str], Object]:
    """The objects by kind and name."""
    loaded = yaml.load_all(rendered_text(profile, *options, release=release), Loader=yaml.CSafeLoader)
    objects = [each for each in loaded if each]
    by_name = {(each["kind"], each["metadata"]["name"]): each for each in objects}
    assert len(by_name) == len(objects), "two objects of one kind have one name"
    return by_name


def refusal(*options: str, release: str = "blink") -> str:
    """Why Helm refuses these values."""
    ended = helm("template", release, str(CHART), "--namespace", "credit", *options)
    assert ended.returncode != 0, "helm took it"
    return ended.stderr


def pods(objects: Mapping[tuple[str, str], Object]) -> Iterator[Pod]:
    """Every pod that the objects make by themselves or through KServe and Argo, one for each step of a workflow."""
    for (kind, name), each in objects.items():
        spec, owner = each.get("spec", {}), f"{kind} {name}"
        if kind == "Pod":
            yield Pod(owner, spec, each["metadata"]["labels"])
        elif kind in {"Deployment", "Job"}:
            yield Pod(owner, spec["template"]["spec"], spec["template"]["metadata"]["labels"])
        elif kind == "WorkflowTemplate":
            yield from _steps(owner, spec)


def _steps(owner: str, spec: Object) -> Iterator[Pod]:
    for template in spec["templates"]:
        if "container" in template:
            labels = {**spec["podMetadata"]["labels"], **template.get("metadata", {}).get("labels", {})}
            pod = {**{key: spec.get(key) for key in POD_FIELDS}, "containers": [template["container"]]}
            yield Pod(f"{owner} step {template['name']}", pod, labels)


POD_FIELDS = ("securityContext", "serviceAccountName", "volumes", "imagePullSecrets", "nodeSelector", "tolerations")
