"""What the chart makes, with no value given, with all of them, with an object store, and with as little as can be."""

import json

import pytest

from blink.cli.parser import build_parser
from rollout.names import pods_service, slot_name
from rollout.readiness import POD_PORT
from rollout.slots import Slot
from tests.chart.crd_schemas import ARGO_4, EVERYTHING, errors_of
from tests.chart.rendering import CHART, PROFILES, helm, pods, rendered, rendered_text

IDENTITY = {"app.kubernetes.io/name": "blink", "app.kubernetes.io/instance": "blink"}
CONTROL_SLOT = {
    "runtime": "blink-treelite",
    "service_account": "blink-predictor",
    "min_replicas": 1,
    "max_replicas": 1,
    "target_cpu_percent": 80,
    "min_available": 0,
    "requests": {"cpu": "100m", "memory": "512Mi", "ephemeral-storage": "64Mi"},
    "limits": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "512Mi"},
    "labels": {**IDENTITY, "app.kubernetes.io/component": "predictor"},
    "image_pull_secrets": [],
    "node_selector": {},
    "tolerations": [],
    "ready_seconds": 600,
}


@pytest.mark.parametrize("profile", PROFILES)
def test_every_object_is_one_that_its_schema_knows(profile):
    faults = {key: errors_of(each, EVERYTHING) for key, each in rendered(profile).items()}
    assert {key: found for key, found in faults.items() if found} == {}


@pytest.mark.parametrize("profile", PROFILES)
def test_workflows_are_right_for_argo_4_too(profile):
    for (kind, name), each in rendered(profile).items():
        if kind in {"WorkflowTemplate", "CronWorkflow"}:
            assert errors_of(each, (ARGO_4,)) == [], name


@pytest.mark.parametrize("profile", PROFILES)
def test_the_chart_passes_helms_own_lint(profile):
    files = () if profile == "default" else ("--values", str(CHART.parents[1] / f"tests/chart/values/{profile}.yaml"))
    ended = helm("lint", "--strict", str(CHART), *files)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("profile", PROFILES)
def test_every_object_and_pod_says_whose_it_is(profile):
    objects = rendered(profile)
    for (kind, name), each in objects.items():
        assert IDENTITY.items() <= each["metadata"]["labels"].items(), (kind, name)
    for pod in pods(objects):
        assert {**IDENTITY, "app.kubernetes.io/component": pod.labels["app.kubernetes.io/component"]}.items() <= (
            pod.labels.items()
        ), pod.owner


def test_the_default_release_is_these_objects():
    assert sorted(f"{kind} {name}" for kind, name in rendered("default")) == [
        "ConfigMap blink-control",
        "ConfigMap blink-jobs",
        "ConfigMap blink-portfolios",
        "CronWorkflow blink-score-cash-advance",
        "CronWorkflow blink-train-cash-advance",
        "Deployment blink-control",
        "Job blink-migrate",
        "NetworkPolicy blink-control",
        "NetworkPolicy blink-database",
        "NetworkPolicy blink-default-deny",
        "NetworkPolicy blink-dns",
        "NetworkPolicy blink-kubernetes-api",
        "NetworkPolicy blink-predictor",
        "NetworkPolicy blink-tests",
        "PersistentVolumeClaim blink-models",
        "Pod blink-test-score",
        "Role blink-control",
        "Role blink-workflow-step",
        "RoleBinding blink-control",
        "RoleBinding blink-score",
        "RoleBinding blink-train",
        "Service blink-cash-advance-blue-pods",
        "Service blink-cash-advance-green-pods",
        "Service blink-control",
        "ServiceAccount blink-control",
        "ServiceAccount blink-migrate",
        "ServiceAccount blink-predictor",
        "ServiceAccount blink-score",
        "ServiceAccount blink-train",
        "ServingRuntime blink-treelite",
        "WorkflowTemplate blink-score",
        "WorkflowTemplate blink-train",
    ]


def test_control_is_told_this():
    config = rendered("default")["ConfigMap", "blink-control"]["data"]["control.json"]
    assert json.loads(config) == {
        "release": "blink",
        "namespace": "credit",
        "model_store": "pvc://blink-models",
        "train_template": "blink-train",
        "argo_url": "",
        "gateway": {"name": "gateway", "namespace": "gateway", "section": ""},
        "slot": CONTROL_SLOT,
        "portfolios": [{"name": "cash_advance", "hostnames": ["cash-advance.example"]}],
    }


def test_control_is_told_every_value_of_the_slots():
    told = json.loads(rendered("all")["ConfigMap", "blink-control"]["data"]["control.json"])
    labels = {**CONTROL_SLOT["labels"], "team": "credit", "cost-centre": "credit"}
    assert told["model_store"] == "s3://lender-models/credit"
    assert told["gateway"] == {"name": "public", "namespace": "edge", "section": "https"}
    assert told["slot"] == CONTROL_SLOT | {
        "min_replicas": 2,
        "max_replicas": 5,
        "target_cpu_percent": 60,
        "min_available": 1,
        "requests": {"cpu": "500m", "memory": "1Gi", "ephemeral-storage": "128Mi"},
        "limits": {"cpu": "2", "memory": "2Gi", "ephemeral-storage": "1Gi"},
        "labels": labels,
        "image_pull_secrets": ["pull-one", "pull-two"],
        "node_selector": {"pool": "scoring"},
        "tolerations": [
            {
                "key": "dedicated",
                "operator": "Equal",
                "value": "scoring",
                "effect": "NoExecute",
                "tolerationSeconds": 60,
            }
        ],
        "ready_seconds": 900,
    }


def test_a_portfolio_without_hostnames_is_told_as_such():
    told = json.loads(rendered("minimal")["ConfigMap", "blink-control"]["data"]["control.json"])
    assert told["portfolios"] == [{"name": "cash_advance", "hostnames": []}]


def test_another_configuration_is_another_control_pod():
    def checksum(*options):
        template = rendered("default", *options)["Deployment", "blink-control"]["spec"]["template"]
        return template["metadata"]["annotations"]["checksum/config"]

    assert checksum() == checksum("--set", "demo.enabled=true")
    assert checksum() != checksum("--set", "slots.minReplicas=2,slots.maxReplicas=2")


def test_models_outlive_the_release():
    claim = rendered("default")["PersistentVolumeClaim", "blink-models"]
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert ("PersistentVolumeClaim", "blink-models") not in rendered("s3")
    assert ("PersistentVolumeClaim", "blink-models") not in rendered(
        "default", "--set", "models.pvc.existingClaim=mine"
    )


def test_the_runtime_names_its_ports_for_kserve_and_lets_kserve_name_the_model():
    spec = rendered("default")["ServingRuntime", "blink-treelite"]["spec"]
    (container,) = spec["containers"]
    assert spec["supportedModelFormats"] == [{"name": "treelite", "version": "1", "autoSelect": True, "priority": 1}]
    assert (spec["protocolVersions"], spec["multiModel"]) == (["v2", "v1"], False)
    assert (container["name"], container["command"], container["args"]) == (
        "kserve-container",
        ["blink"],
        [
            "serve",
            "--bundle=/mnt/models",
            "--host=0.0.0.0",
            "--http-port=8080",
            "--grpc-port=8081",
            "--workers=1",
            "--log-format=json",
            "--model-name={{.Name}}",
        ],
    )
    assert [(port["name"], port["containerPort"]) for port in container["ports"]] == [("http1", 8080), ("h2c", 8081)]
    assert container["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
    assert container["readinessProbe"]["httpGet"] == {"path": "/v2/health/ready", "port": 8080}
    assert container["livenessProbe"]["httpGet"] == {"path": "/v2/health/live", "port": 8080}


def test_a_slots_pods_have_a_name():
    objects = rendered("all")
    names = [name for kind, name in objects if kind == "Service" and name.endswith("-pods")]
    slots = [slot_name("blink", portfolio, slot) for portfolio in ("cash_advance", "berka") for slot in Slot]
    assert names == [pods_service(slot) for slot in slots]
    service = objects["Service", "blink-cash-advance-green-pods"]
    own = {"blinkscoring.io/portfolio": "cash_advance", "blinkscoring.io/slot": "green"}
    assert own.items() <= service["metadata"]["labels"].items()
    assert service["spec"] == {
        "clusterIP": "None",
        "selector": {"app": "isvc.blink-cash-advance-green-predictor"},
        "ports": [{"name": "http", "port": POD_PORT, "appProtocol": "http"}],
    }


def test_the_server_is_told_of_its_spool_and_of_what_to_refuse():
    spec = rendered("all")["ServingRuntime", "blink-treelite"]["spec"]
    (container,) = spec["containers"]
    assert {"name": "spool", "persistentVolumeClaim": {"claimName": "blink-spool"}} in spec["volumes"]
    assert {"name": "spool", "mountPath": "/var/spool/blink"} in container["volumeMounts"]
    assert {"--spool=/var/spool/blink", "--audited-only"} <= set(container["args"])
    plain = str(rendered("default")["ServingRuntime", "blink-treelite"]["spec"])
    assert ("spool" in plain, "audited-only" in plain) == (False, False)


@pytest.mark.parametrize(
    ("profile", "workers", "log_format"), [("default", 1, "json"), ("all", 2, "json")], ids=["default", "all"]
)
def test_the_server_is_told_how_many_processes_it_is_and_how_it_logs(profile, workers, log_format):
    (container,) = rendered(profile)["ServingRuntime", "blink-treelite"]["spec"]["containers"]
    parsed = build_parser().parse_args(container["args"])
    assert (parsed.workers, parsed.log_format) == (workers, log_format)


def test_the_cluster_runtime_is_the_same_runtime():
    objects = rendered("all")
    assert (
        objects["ClusterServingRuntime", "blink-treelite"]["spec"]
        == (objects["ServingRuntime", "blink-treelite"]["spec"])
    )


def test_hooks_leave_nothing_behind():
    hooks = {
        key: each["metadata"]["annotations"]
        for key, each in rendered("all").items()
        if "helm.sh/hook" in each["metadata"].get("annotations", {})
    }
    assert {key: each["helm.sh/hook"] for key, each in hooks.items()} == {
        ("ServiceAccount", "blink-migrate"): "pre-install,pre-upgrade",
        ("Job", "blink-migrate"): "pre-install,pre-upgrade",
        ("ServiceAccount", "blink-demo-data"): "post-install",
        ("Job", "blink-demo-data"): "post-install",
        ("Pod", "blink-test-score"): "test",
    }
    for key, each in hooks.items():
        assert {"before-hook-creation", "hook-succeeded"} <= set(each["helm.sh/hook-delete-policy"].split(",")), key


def test_a_digest_goes_before_a_tag():
    container = rendered("all")["Deployment", "blink-control"]["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "images.example:5000/credit/scoring/jobs@sha256:" + "0123456789abcdef" * 4


def test_no_object_holds_a_password():
    for profile in PROFILES:
        assert "Secret" not in {kind for kind, _ in rendered(profile)}
        assert "postgresql://" not in rendered_text(profile)
