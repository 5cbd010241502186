"""The objects, compared whole."""

from dataclasses import replace

import pytest

from rollout.errors import RolloutError
from rollout.manifests import Manifests
from rollout.names import route_name, slot_name
from rollout.slots import Slot, Traffic
from tests.unit.rollout.release_example import CASH, MANIFESTS, RELEASE, SLOT

MODEL = "model_cash_advance_20260101_000000"
OWNER = [{"apiVersion": "v1", "kind": "ServiceAccount", "name": "blink-control", "uid": "uid-1"}]
LABELS = {
    "app.kubernetes.io/part-of": "blinkscoring",
    "app.kubernetes.io/instance": "blink",
    "blinkscoring.io/portfolio": "cash_advance",
}


def test_a_slot_is_an_inference_service_that_passes_restricted_and_names_its_model():
    assert MANIFESTS.slot(Slot.BLUE, MODEL) == {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {
            "name": "blink-cash-advance-blue",
            "namespace": "credit",
            "labels": {**LABELS, "blinkscoring.io/slot": "blue"},
            "annotations": {
                "serving.kserve.io/deploymentMode": "Standard",
                "serving.kserve.io/autoscalerClass": "none",
                "blinkscoring.io/model-id": MODEL,
            },
            "ownerReferences": OWNER,
        },
        "spec": {
            "predictor": {
                "minReplicas": 1,
                "maxReplicas": 1,
                "serviceAccountName": "blink-predictor",
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 10001,
                    "runAsGroup": 10001,
                    "fsGroup": 10001,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "terminationGracePeriodSeconds": 60,
                "model": {
                    "modelFormat": {"name": "treelite", "version": "1"},
                    "protocolVersion": "v2",
                    "runtime": "blink-treelite",
                    "storageUri": f"pvc://blink-models/{MODEL}",
                    "args": ["--model-name=cash_advance"],
                    "resources": {
                        "requests": {"cpu": "100m", "memory": "512Mi"},
                        "limits": {"cpu": "1", "memory": "1Gi"},
                    },
                },
            }
        },
    }


def test_what_the_chart_may_set_of_a_slot_is_set():
    toleration = {"key": "credit", "operator": "Exists"}
    settings = replace(
        SLOT,
        min_replicas=2,
        max_replicas=5,
        image_pull_secrets=("registry",),
        node_selector={"pool": "credit"},
        tolerations=(toleration,),
    )
    slot = Manifests(replace(RELEASE, slot=settings, model_store="s3://models/credit/"), CASH, "uid-1").slot(
        Slot.GREEN, MODEL
    )
    predictor = slot["spec"]["predictor"]
    assert slot["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == "hpa"
    assert predictor["model"]["storageUri"] == f"s3://models/credit/{MODEL}"
    assert {name: predictor[name] for name in predictor if name not in {"model", "securityContext"}} == {
        "minReplicas": 2,
        "maxReplicas": 5,
        "scaleMetric": "cpu",
        "scaleTarget": 80,
        "serviceAccountName": "blink-predictor",
        "terminationGracePeriodSeconds": 60,
        "imagePullSecrets": [{"name": "registry"}],
        "nodeSelector": {"pool": "credit"},
        "tolerations": [toleration],
    }


def test_a_budget_selects_the_pods_of_its_slot():
    assert Manifests(replace(RELEASE, slot=replace(SLOT, min_available=1)), CASH, "uid-1").budget(Slot.GREEN) == {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {
            "name": "blink-cash-advance-green",
            "namespace": "credit",
            "labels": {**LABELS, "blinkscoring.io/slot": "green"},
            "ownerReferences": OWNER,
        },
        "spec": {
            "minAvailable": 1,
            "selector": {
                "matchLabels": {
                    "app.kubernetes.io/instance": "blink",
                    "blinkscoring.io/portfolio": "cash_advance",
                    "blinkscoring.io/slot": "green",
                }
            },
        },
    }


def backend(slot: str, port: int, weight: int) -> dict:
    name = f"blink-cash-advance-{slot}-predictor"
    return {"group": "", "kind": "Service", "name": name, "port": port, "weight": weight}


def test_rest_and_grpc_are_split_by_the_same_weights_and_score_goes_to_the_champion():
    everything = {"type": "PathPrefix", "value": "/"}
    grpc = [{"name": "content-type", "type": "RegularExpression", "value": "application/grpc.*"}]
    assert MANIFESTS.route(Traffic({Slot.GREEN: 5, Slot.BLUE: 95}, Slot.BLUE)) == {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {
            "name": "blink-cash-advance",
            "namespace": "credit",
            "labels": LABELS,
            "ownerReferences": OWNER,
        },
        "spec": {
            "parentRefs": [
                {
                    "group": "gateway.networking.k8s.io",
                    "kind": "Gateway",
                    "name": "gateway",
                    "namespace": "gateway",
                }
            ],
            "hostnames": ["cash-advance.example"],
            "rules": [
                {
                    "matches": [{"path": {"type": "Exact", "value": "/score"}}],
                    "backendRefs": [backend("blue", 80, 1)],
                },
                {
                    "matches": [{"path": everything, "headers": grpc}],
                    "backendRefs": [backend("blue", 8081, 95), backend("green", 8081, 5)],
                },
                {
                    "matches": [{"path": everything}],
                    "backendRefs": [backend("blue", 80, 95), backend("green", 80, 5)],
                },
            ],
        },
    }


def test_a_route_names_one_listener_and_any_host_where_that_is_set():
    gateway = replace(RELEASE.gateway, section="https")
    open_host = replace(CASH, hostnames=())
    spec = Manifests(replace(RELEASE, gateway=gateway), open_host, "uid-1").route(Traffic({Slot.BLUE: 100}, Slot.BLUE))[
        "spec"
    ]
    assert (spec["parentRefs"][0]["sectionName"], "hostnames" in spec) == ("https", False)


@pytest.mark.parametrize(
    ("release", "portfolio", "words"),
    [
        ("a-very-long-name-of-a-release", "cash_advance", "48 characters, 40 are possible"),
        ("Blink", "cash_advance", "is no name of a Kubernetes object"),
    ],
)
def test_a_name_that_kubernetes_does_not_take_is_refused(release, portfolio, words):
    with pytest.raises(RolloutError, match=words):
        slot_name(release, portfolio, Slot.GREEN)


def test_a_route_may_have_63_characters():
    assert len(route_name("r" * 50, "cash_advance")) == 63
    with pytest.raises(RolloutError, match="shorten the release's or the portfolio's name by 1"):
        route_name("r" * 51, "cash_advance")
