"""What pods may do: the `restricted` Pod Security level, the Kubernetes API, the database, the network."""

import pytest

from tests.chart.rendering import PROFILES, pods, rendered

OWN = {"app.kubernetes.io/name": "blink", "app.kubernetes.io/instance": "blink"}


@pytest.mark.parametrize("profile", PROFILES)
def test_every_pod_passes_the_restricted_level_and_more(profile):
    checked = 0
    for pod in pods(rendered(profile)):
        for container in pod.spec["containers"]:
            assert faults_of(pod.spec, container) == [], pod.owner
            checked += 1
    assert checked >= 9


@pytest.mark.parametrize("profile", PROFILES)
def test_the_predictor_passes_it_too(profile):
    (container,) = rendered(profile)["ServingRuntime", "blink-treelite"]["spec"]["containers"]
    # The pod's part is in the InferenceService, which control writes.
    assert faults_of({"securityContext": {"fsGroup": 1}}, container) == []


def faults_of(pod, container):
    """What a pod's container lacks; settings of the pod count for it."""
    of_pod, own = pod["securityContext"], container["securityContext"]
    both = {**of_pod, **own}
    resources = container["resources"]
    checks = {
        "runAsNonRoot": both.get("runAsNonRoot") is True,
        "a user of its own": both.get("runAsUser", 0) >= 10001,
        "seccomp": both.get("seccompProfile") == {"type": "RuntimeDefault"},
        "no escalation": own.get("allowPrivilegeEscalation") is False,
        "no capabilities": own.get("capabilities") == {"drop": ["ALL"]},
        "read-only root": own.get("readOnlyRootFilesystem") is True,
        "requests": {"cpu", "memory"} <= resources.get("requests", {}).keys(),
        "limits": {"cpu", "memory"} <= resources.get("limits", {}).keys(),
        "a command": bool(container.get("command")),
        "a writable /tmp": any(mount["mountPath"] == "/tmp" for mount in container["volumeMounts"]),  # noqa: S108
    }
    return [name for name, kept in checks.items() if not kept]


def test_control_may_touch_its_own_slots_and_routes_and_nothing_else():
    rules = rendered("all")["Role", "blink-control"]["rules"]
    slots = ["blink-cash-advance-blue", "blink-cash-advance-green", "blink-berka-blue", "blink-berka-green"]
    applied = ["get", "create", "patch"]
    assert rules == [
        rule("serving.kserve.io", "inferenceservices", applied, slots),
        rule("gateway.networking.k8s.io", "httproutes", applied, ["blink-cash-advance", "blink-berka"]),
        rule("policy", "poddisruptionbudgets", applied, slots),
        {"apiGroups": ["argoproj.io"], "resources": ["workflows"], "verbs": ["create", "get"]},
    ]


def rule(group, resource, verbs, names):
    return {"apiGroups": [group], "resources": [resource], "resourceNames": names, "verbs": verbs}


def test_steps_of_workflows_may_report_their_results_and_nothing_else():
    objects = rendered("all")
    rights = [{"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]}]
    assert objects["Role", "blink-workflow-step"]["rules"] == rights
    for kind, _ in objects:
        assert not kind.startswith("ClusterRole")


def test_only_control_and_the_executor_get_a_token():
    objects = rendered("all")
    mounting = {
        name: each["automountServiceAccountToken"] for (kind, name), each in objects.items() if kind == "ServiceAccount"
    }
    assert mounting == {
        "blink-control": False,
        "blink-demo-data": False,
        "blink-migrate": False,
        "blink-predictor": False,
        "blink-score": True,  # Argo leaves it to the account, and its executor needs one
        "blink-train": True,
    }
    asking = {pod.owner for pod in pods(objects) if pod.spec.get("automountServiceAccountToken")}
    assert asking == {"Deployment blink-control"}


def test_each_component_logs_in_as_itself():
    logins = {}
    objects = rendered("default", "--set", "demo.enabled=true")
    runtime = objects["ServingRuntime", "blink-treelite"]["spec"]
    for owner, container in [(pod.owner, pod.spec["containers"][0]) for pod in pods(objects)] + [
        ("runtime", runtime["containers"][0])
    ]:
        for variable in container.get("env", ()):
            if variable["name"] == "DATABASE_URL":
                logins.setdefault(variable["valueFrom"]["secretKeyRef"]["name"], set()).add(owner.partition(" step")[0])
    assert logins == {
        "blink-database-owner": {"Job blink-migrate"},
        "blink-database-scorer": {"WorkflowTemplate blink-score", "runtime"},
        "blink-database-trainer": {"Deployment blink-control", "WorkflowTemplate blink-train"},
        "blink-database-loader": {"Job blink-demo-data"},
    }


def test_everything_is_denied_that_no_policy_allows():
    policies = {name: each["spec"] for (kind, name), each in rendered("default").items() if kind == "NetworkPolicy"}
    assert policies["blink-default-deny"] == {
        "podSelector": {"matchLabels": OWN},
        "policyTypes": ["Ingress", "Egress"],
    }
    assert {name: components(spec) for name, spec in policies.items()} == {
        "blink-default-deny": None,
        "blink-dns": None,
        "blink-database": ["control", "predictor", "score", "train", "migrate", "demo"],
        "blink-kubernetes-api": ["control", "score", "train"],
        "blink-predictor": ["predictor"],
        "blink-control": ["control"],
        "blink-tests": ["tests"],
    }


def components(spec):
    (found,) = spec["podSelector"].get("matchExpressions", [{"values": None}])
    return found["values"]


def test_who_reaches_a_predictor():
    ingress = rendered("default")["NetworkPolicy", "blink-predictor"]["spec"]["ingress"]
    peers = [{"podSelector": {"matchLabels": {**OWN, "app.kubernetes.io/component": each}}} for each in CLIENTS]
    assert ingress == [
        {"ports": [tcp(8080), tcp(8081)], "from": [namespace("gateway"), *peers]},
        {"ports": [tcp(8080)], "from": [namespace("monitoring")]},
    ]


@pytest.mark.parametrize(
    ("profile", "proxies"), [("s3", "gateway"), ("all", "envoy-gateway-system")], ids=["its namespace", "as told"]
)
def test_the_gateways_proxies_are_where_the_gateway_is_or_where_the_values_say(profile, proxies):
    objects = rendered(profile)
    assert objects["NetworkPolicy", "blink-predictor"]["spec"]["ingress"][0]["from"][0] == namespace(proxies)
    assert objects["NetworkPolicy", "blink-tests"]["spec"]["egress"][-1] == {"to": [namespace(proxies)]}


def test_who_fetches_and_publishes_bundles_reaches_their_store():
    spec = rendered("s3")["NetworkPolicy", "blink-object-store"]["spec"]
    assert components(spec) == ["predictor", "score", "train"]
    assert spec["egress"] == [{"ports": [tcp(9000)]}]


def test_control_reaches_the_predictors():
    egress = rendered("default")["NetworkPolicy", "blink-control"]["spec"]["egress"]
    predictors = {"podSelector": {"matchLabels": {**OWN, "app.kubernetes.io/component": "predictor"}}}
    assert egress == [{"ports": [tcp(8080)], "to": [predictors]}]


CLIENTS = ("control", "predictor", "tests")


def tcp(port):
    return {"protocol": "TCP", "port": port}


def namespace(name):
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def test_every_policy_of_a_component_has_pods():
    for profile in ("all", "s3"):
        objects = rendered(profile, "--set", "demo.enabled=true")
        present = {pod.labels["app.kubernetes.io/component"] for pod in pods(objects)} | {"predictor"}
        for (kind, name), each in objects.items():
            if kind == "NetworkPolicy":
                assert set(components(each["spec"]) or ()) <= present, name


def test_policies_can_be_left_out():
    assert not [name for kind, name in rendered("minimal") if kind == "NetworkPolicy"]
