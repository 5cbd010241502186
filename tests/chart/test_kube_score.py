"""kube-score finds nothing that is not excused beside the object."""

import json
import re
import subprocess

import pytest

from tests.chart.go_tools import KUBE_SCORE
from tests.chart.rendering import CHART, PROFILES, rendered_text

WARNING = 5
"""Grades below this are critical or a warning."""


@pytest.mark.parametrize("profile", PROFILES)
def test_kube_score_is_clean(profile):
    objects = rendered_text(profile)
    command = [KUBE_SCORE.path(), "score", "--output-format=json", "--kubernetes-version=v1.34", "-"]
    ended = subprocess.run(command, input=objects, capture_output=True, text=True, check=False)
    found = json.loads(ended.stdout)
    assert {each["object_name"] for each in found} != set()
    said = sorted(fault for each in found for fault in faults(each))
    assert said == (NO_POLICIES if profile == "minimal" else [])


NO_POLICIES = [
    "Deployment/apps/v1//blink-control: Pod NetworkPolicy",
    "Pod/v1//blink-test-score: Pod NetworkPolicy",
]
"""What is to be said of a release that asks for no policies."""


def faults(scored):
    for check in scored["checks"]:
        if not check["skipped"] and check["grade"] <= WARNING:
            yield f"{scored['object_name']}: {check['check']['name']}"


def test_every_exception_has_its_reason_above_it():
    for path in sorted((CHART / "templates").rglob("*.*")):
        lines = path.read_text("utf-8").splitlines()
        for number, line in enumerate(lines):
            if "kube-score/ignore" in line:
                assert re.match(r"\s*#", lines[number - 1]), f"{path.name}:{number + 1} has no reason above it"
