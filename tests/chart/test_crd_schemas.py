"""The checker itself: right objects pass, and each kind of wrong one is named with its path."""

import copy
from itertools import pairwise

import pytest

from tests.chart import go_modules
from tests.chart.crd_schemas import ARGO_3_7, ARGO_4, EVERYTHING, KSERVE, errors_of, errors_of_part
from tests.chart.go_modules import GoModule, GoModuleError
from tests.chart.structural_schema import closed, closed_object, validator

CRON = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "CronWorkflow",
    "metadata": {"name": "nightly", "labels": {"app.kubernetes.io/name": "blink"}},
    "spec": {
        "schedules": ["0 3 * * *"],
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 60,
        "workflowSpec": {
            "entrypoint": "main",
            "templates": [
                {
                    "name": "main",
                    "retryStrategy": {"limit": 3},
                    "container": {
                        "image": "a:1",
                        "command": ["a"],
                        "securityContext": {"runAsNonRoot": True},
                        "resources": {"requests": {"cpu": 1, "memory": "1Gi"}},
                    },
                },
                {"name": "loop", "steps": [[{"name": "a", "template": "main", "withItems": [1, {"any": "thing"}]}]]},
            ],
        },
    },
}
SERVICE = {
    "apiVersion": "serving.kserve.io/v1beta1",
    "kind": "InferenceService",
    "metadata": {"name": "a"},
    "spec": {
        "predictor": {
            "minReplicas": 1,
            "model": {"modelFormat": {"name": "treelite"}, "storageUri": "pvc://a/b", "env": [{"name": "A"}]},
        }
    },
}
ROUTE = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "HTTPRoute",
    "metadata": {"name": "a"},
    "spec": {
        "parentRefs": [{"name": "gateway", "namespace": "gateway"}],
        "rules": [{"backendRefs": [{"name": "a", "port": 80, "weight": 95}, {"name": "b", "port": 80, "weight": 5}]}],
    },
}
RULE = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "PrometheusRule",
    "metadata": {"name": "a"},
    "spec": {"groups": [{"name": "a", "rules": [{"alert": "A", "expr": "up == 0", "for": "5m"}]}]},
}
MONITOR = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "ServiceMonitor",
    "metadata": {"name": "a"},
    "spec": {"selector": {"matchLabels": {"a": "b"}}, "endpoints": [{"port": "http", "interval": "30s"}]},
}
RUNTIME = {
    "apiVersion": "serving.kserve.io/v1alpha1",
    "kind": "ServingRuntime",
    "metadata": {"name": "a"},
    "spec": {
        "supportedModelFormats": [{"name": "treelite", "version": "1"}],
        "containers": [{"name": "kserve-container", "image": "a:1", "ports": [{"containerPort": 8080}]}],
    },
}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "a"},
    "spec": {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {
            "metadata": {"labels": {"a": "b"}},
            "spec": {
                "containers": [{"name": "a", "image": "a:1", "readinessProbe": {"httpGet": {"path": "/", "port": "h"}}}]
            },
        },
    },
}
POLICY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "a"},
    "spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]},
}

RIGHT = [CRON, SERVICE, RUNTIME, ROUTE, RULE, MONITOR, DEPLOYMENT, POLICY]


def changed(manifest, path, value):
    """The manifest with one value set, or a field renamed where the path ends in `old>new`."""
    wrong = copy.deepcopy(manifest)
    at = wrong
    for part in path[:-1]:
        at = at[part]
    old, _, new = str(path[-1]).partition(">")
    at[new or path[-1]] = at.pop(old) if new else value
    return wrong


@pytest.mark.parametrize("manifest", RIGHT, ids=lambda each: each["kind"])
def test_a_right_object_has_no_faults(manifest):
    assert errors_of(manifest) == []


def test_argo_4_serves_the_same_kinds():
    assert errors_of(CRON, [ARGO_4]) == []


CONTAINER = "spec.workflowSpec.templates[0].container"

WRONG = [
    (
        CRON,
        ("spec", "concurencyPolicy"),
        "Forbid",
        ["spec.concurencyPolicy: there is no such field (meant: concurrencyPolicy?)"],
    ),
    (
        CRON,
        ("spec", "workflowSpec", "templates", 0, "container", "securityContext", "runAsNonRoot>runAsNonroot"),
        None,
        [f"{CONTAINER}.securityContext.runAsNonroot: there is no such field (meant: runAsNonRoot?)"],
    ),
    (
        CRON,
        ("spec", "workflowSpec", "templates", 0, "container", "securityContext", "runAsNonRoot"),
        "yes",
        [f"{CONTAINER}.securityContext.runAsNonRoot: 'yes' is not of type 'boolean'"],
    ),
    (CRON, ("spec", "startingDeadlineSeconds"), "60", ["spec.startingDeadlineSeconds: '60' is not of type 'integer'"]),
    (CRON, ("spec", "startingDeadlineSeconds"), 2**63, [f"spec.startingDeadlineSeconds: {2**63} is not a 'int64'"]),
    (CRON, ("spec", "schedules"), None, ["spec.schedules: None is not of type 'array'"]),
    (
        CRON,
        ("spec", "workflowSpec", "templates", 0, "retryStrategy", "limit"),
        [3],
        ["spec.workflowSpec.templates[0].retryStrategy.limit: [3] is not valid under any of the given schemas"],
    ),
    (
        CRON,
        ("metadata", "labels", "a"),
        "not a label",
        [r"metadata.labels.a: 'not a label' does not match '^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$'"],
    ),
    (CRON, ("metadata", "label"), {}, ["metadata.label: there is no such field (meant: labels?)"]),
    (CRON, ("kind",), "CronJob", ["no schema here describes argoproj.io/v1alpha1 CronJob"]),
    (CRON, ("apiVersion",), "argoproj.io/v1", ["no schema here describes argoproj.io/v1 CronWorkflow"]),
    (
        SERVICE,
        ("spec", "predictor", "model", "storageUri>storageURI"),
        None,
        ["spec.predictor.model.storageURI: there is no such field (meant: storageUri?)"],
    ),
    (
        SERVICE,
        ("spec", "predictor", "model", "env"),
        [{"name": "A"}, {"name": "A"}],
        ["spec.predictor.model.env: two entries have the same name: {'name': 'A'}"],
    ),
    (
        ROUTE,
        ("spec", "rules", 0, "backendRefs", 0, "weight"),
        -1,
        ["spec.rules[0].backendRefs[0].weight: -1 is less than the minimum of 0"],
    ),
    (RULE, ("spec", "groups", 0, "rules", 0, "expr>expression"), None, [
        "spec.groups[0].rules[0].expression: there is no such field",
        "spec.groups[0].rules[0]: 'expr' is a required property",
    ]),
    (MONITOR, ("spec", "endpoints", 0, "interval"), "30", None),
    (
        DEPLOYMENT,
        ("spec", "template", "spec", "containers", 0, "readinessProbe", "httpGet", "port>ports"),
        None,
        [
            "spec.template.spec.containers[0].readinessProbe.httpGet.ports: there is no such field (meant: port?)",
            "spec.template.spec.containers[0].readinessProbe.httpGet: 'port' is a required property",
        ],
    ),
    (POLICY, ("spec", "ingress", 0, "from"), {}, ["spec.ingress[0].from: {} is not of type 'array'"]),
]  # fmt: skip


@pytest.mark.parametrize(("manifest", "path", "value", "faults"), WRONG)
def test_a_wrong_object_is_named_with_path_and_fault(manifest, path, value, faults):
    found = errors_of(changed(manifest, path, value))
    if faults is None:
        assert len(found) == 1
    else:
        assert found == faults


def test_metadata_of_a_template_inside_a_crd_is_what_the_crd_declares():
    wrong = changed(CRON, ("spec", "workflowSpec", "templates", 0, "metadata"), {"labels": {"a": "b"}, "name": "a"})
    assert errors_of(wrong, [ARGO_3_7]) == ["spec.workflowSpec.templates[0].metadata.name: there is no such field"]


def test_a_part_of_a_pod_is_checked_too():
    patch = {"containers": [{"name": "main", "securityContext": {"allowPrivilegeEscalations": False}}]}
    (fault,) = errors_of_part(patch, "PodSpec", "v1", "Pod")
    assert fault.startswith("containers[0].securityContext.allowPrivilegeEscalations: there is no such field (meant: ")


ANY = {"x-kubernetes-preserve-unknown-fields": True}
EMBEDDED = {"x-kubernetes-embedded-resource": True}
TREE = {
    "type": "object",
    "properties": {
        "open": {"type": "object", **ANY, "properties": {"n": {"type": "integer"}}},
        "anything": ANY,
        "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        "note": {"type": "string", "nullable": True, "enum": ["a", "b"]},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "template": {"type": "object", **EMBEDDED, "properties": {"spec": {"type": "object"}}},
        "empty": {"type": "object"},
        "limited": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        "either": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                   "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        "since": {"type": "string", "format": "date-time"},
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        {"open": {"n": 1, "else": {"deep": 1}}},
        {"anything": [1, "a", None]},
        {"port": 80},
        {"port": "http"},
        {"note": None},
        {"labels": {"x": "y"}},
        {"template": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {}}},
        {"empty": {}},
        {"limited": 1},
        {"either": {"a": "x"}},
        {"since": "2026-01-31T12:00:00Z"},
    ],
    ids=str,
)
def test_what_a_structural_schema_allows_passes(value):
    assert list(validator(closed(TREE)).iter_errors(value)) == []


@pytest.mark.parametrize(
    "value",
    [
        {"open": {"n": "1"}},
        {"port": [80]},
        {"port": None},
        {"note": "c"},
        {"labels": {"x": 1}},
        {"template": {"metadata": {"nam": "a"}}},
        {"empty": {"x": 1}},
        {"limited": 0},
        {"either": {"a": "x", "b": "y"}},
        {"either": {"a": "x", "c": "y"}},
        {"since": "yesterday"},
        {"unknown": 1},
    ],
    ids=str,
)
def test_what_a_structural_schema_forbids_is_one_fault(value):
    assert len(list(validator(closed(TREE)).iter_errors(value))) == 1


def test_a_whole_object_has_the_metadata_of_the_api_server():
    rules = validator(closed_object({"type": "object", "properties": {"metadata": {"type": "object"}}}))
    whole = {"apiVersion": "v1", "kind": "A", "metadata": {"name": "a", "annotations": {"a/b": "c d"}}}
    assert list(rules.iter_errors(whole)) == []
    assert len(list(rules.iter_errors({**whole, "metadata": {"name": "A"}}))) == 1


def test_every_source_is_pinned_to_one_release():
    paths = sorted(source.module.path for source in EVERYTHING)
    assert all(first != second for first, second in pairwise(paths))
    assert all(source.module.content_hash.startswith("h1:") for source in EVERYTHING)


def test_without_go_the_message_says_what_is_missing(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GoModuleError, match=r"^the go command is missing: example\.org/a@v1\.0\.0 is read with it; "):
        GoModule("example.org/a", "v1.0.0", "h1:").folder()


def test_another_content_than_the_pinned_one_is_refused(monkeypatch):
    monkeypatch.setattr(go_modules, "_download", lambda module: {"Sum": "h1:other", "Dir": "/"})
    with pytest.raises(GoModuleError, match="has the hash h1:other, not h1:pinned"):
        GoModule("example.org/a", "v1.0.1", "h1:pinned").folder()


def test_a_module_that_does_not_exist_is_named():
    with pytest.raises(GoModuleError, match=r"^github.com/kserve/kserve@v0\.0\.1-none cannot be fetched: "):
        GoModule("github.com/kserve/kserve", "v0.0.1-none", "h1:").folder()


def test_kserve_alone_does_not_know_argo():
    assert errors_of(CRON, [KSERVE]) == ["no schema here describes argoproj.io/v1alpha1 CronWorkflow"]
