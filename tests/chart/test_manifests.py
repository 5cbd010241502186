"""What `manifests/up` applies: right by its schemas, restricted, pinned, and without a secret."""

import re
import subprocess

import pytest
import yaml

from tests.chart.crd_schemas import errors_of
from tests.chart.rendering import CHART

ROOT = CHART.parents[1]
MANIFESTS = ROOT / "manifests"
OBJECTS = [
    each
    for name in ("postgres.yaml", "gateway.yaml")
    for each in yaml.safe_load_all((MANIFESTS / name).read_text("utf-8"))
]


@pytest.mark.parametrize("each", OBJECTS, ids=lambda each: f"{each['kind']} {each['metadata']['name']}")
def test_an_object_is_right_by_its_schema(each):
    assert errors_of(each) == []


def test_pods_are_restricted():
    specs = [each["spec"]["template"]["spec"] for each in OBJECTS if each["kind"] in {"StatefulSet", "Deployment"}]
    assert len(specs) == 2
    for spec in specs:
        (container,) = spec["containers"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"].keys() == {"requests", "limits"}


def test_versions_are_pinned():
    versions = dict(re.findall(r"^(\w+)=(\S+)$", (MANIFESTS / "versions.env").read_text("utf-8"), re.MULTILINE))
    for name, version in versions.items():
        assert re.search(r"v?\d+\.\d+(\.\d+)?", version), name
    script = (MANIFESTS / "up").read_text("utf-8")
    for name in versions:
        assert f"${name}" in script or f"${{{name}" in script or f"-${name}" in script, name
    assert "latest" not in script


def test_no_password_is_written_down():
    for path in MANIFESTS.iterdir():
        text = path.read_text("utf-8")
        assert not re.search(r"://\w+:\w+@|[0-9a-f]{20,}", text), path.name


def test_the_script_is_bash_and_names_its_parts_when_asked_for_another():
    ended = subprocess.run(["bash", str(MANIFESTS / "up"), "mysql"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (
        1,
        "up: there is no part mysql; the parts are cert-manager kserve argo gateway postgres\n",
    )


def test_the_development_database_has_the_roles_of_the_schema():
    script = (MANIFESTS / "postgres-init.sh").read_text("utf-8")
    groups = set(re.findall(r"CREATE ROLE (\w+) NOLOGIN", script))
    assert groups == {"blink_owner", "blink_loader", "blink_scorer", "blink_trainer", "blink_reader"}
    assert "SUPERUSER" not in script
