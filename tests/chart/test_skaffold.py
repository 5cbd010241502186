"""skaffold.yaml against skaffold's own schema, and against what it builds and installs."""

import json
import re

import yaml
from jsonschema import Draft7Validator

from tests.chart.go_modules import GoModule
from tests.chart.rendering import CHART, rendered

ROOT = CHART.parents[1]
SKAFFOLD = GoModule(
    "github.com/GoogleContainerTools/skaffold/v2", "v2.16.1", "h1:eMrp2qpn/5j2c1P/JqLo+mxcpEIdtokb/tCY2W/05ic="
)
CONFIG = yaml.safe_load((ROOT / "skaffold.yaml").read_text("utf-8"))


def schema():
    version = CONFIG["apiVersion"].removeprefix("skaffold/")
    return json.loads((SKAFFOLD.folder() / f"docs-v2/content/en/schemas/{version}.json").read_text("utf-8"))


def test_it_is_right_by_skaffolds_schema():
    assert [error.message for error in Draft7Validator(schema()).iter_errors(CONFIG)] == []


def test_the_schema_refuses_what_it_does_not_know():
    wrong = json.loads(json.dumps(CONFIG))
    wrong["build"]["artifacts"][0]["docker"]["taget"] = "jobs"
    assert list(Draft7Validator(schema()).iter_errors(wrong))


def test_it_builds_the_two_images_and_installs_what_it_built():
    built = {each["image"]: each["docker"]["target"] for each in CONFIG["build"]["artifacts"]}
    assert built == {"blink/predictor": "predictor", "blink/jobs": "jobs"}
    (release,) = CONFIG["deploy"]["helm"]["releases"]
    for image, target in built.items():
        word = re.sub(r"[/.-]", "_", image)
        assert release["setValueTemplates"][f"images.{target}.repository"] == f"{{{{.IMAGE_REPO_{word}}}}}"
        assert release["setValueTemplates"][f"images.{target}.tag"] == f"{{{{.IMAGE_TAG_{word}}}}}"


def test_its_values_are_the_charts():
    (release,) = CONFIG["deploy"]["helm"]["releases"]
    (values,) = release["valuesFiles"]
    objects = rendered("default", "--values", str(ROOT / values), "--set", "images.jobs.tag=4d2f@sha256:" + "0" * 64)
    assert ("Job", "blink-demo-data") in objects
    assert objects["Deployment", "blink-control"]["spec"]["template"]["spec"]["containers"][0]["image"] == (
        "blink/jobs:4d2f@sha256:" + "0" * 64
    )


def test_forwarded_services_exist():
    gateway = yaml.safe_load_all((ROOT / "manifests" / "gateway.yaml").read_text("utf-8"))
    known = {(each["kind"], each["metadata"]["name"]) for each in gateway} | set(rendered("default"))
    for each in CONFIG["portForward"]:
        assert ("Service", each["resourceName"]) in known
