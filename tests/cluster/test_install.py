"""What a platform engineer finds in the namespace after the README's commands."""

import json
import subprocess

import pytest

from tests.cluster.kube import Namespace, run

KINDS = ("isvc", "workflows", "cronworkflows", "httproute")
# The cluster has no metrics and schedules a volume's pod only when its volume is bound: not the release's doing. Nor is
# a kubelet that is late with a volume, a ConfigMap or a Secret because its machine is busy: it mounts it a second
# later. A mount that fails for good leaves its pod waiting, and the installation does not end.
PASSING = ("FailedScheduling", "FailedGetResourceMetric", "FailedComputeMetricsReplicas", "FailedMount")

CONFLICT = "the object has been modified"
"""KServe's controller races itself for the status of a new InferenceService, more often on a busy machine, and tries
again at once: 0.20 reports even that as a warning, whoever made the object (docs/traps.md)."""


def test_the_readme_ends_with_a_scored_request(installed):
    answer = json.loads(installed[-1].strip().splitlines()[-1])
    assert 0 < answer["repayment_probability"] < 1
    assert answer["explanation"]["scale"] == "log_odds_default"
    assert len(answer["explanation"]["contributions"]) > 20
    assert answer["model_id"].startswith("model_FIRST_")
    assert answer["audit_id"]


def test_the_objects_are_those_that_one_expects(release: Namespace):
    assert release.names("isvc") == ["blink-cash-advance-blue"]
    assert release.names("httproute") == ["blink-cash-advance"]
    assert release.names("workflowtemplates") == ["blink-score", "blink-train"]
    assert release.names("cronworkflows") == ["blink-score-cash-advance", "blink-train-cash-advance"]
    assert release.names("servingruntimes") == ["blink-treelite"]
    assert release.names("deployments") == ["blink-cash-advance-blue-predictor", "blink-control"]


def test_the_slot_is_the_rollouts_and_goes_with_the_release(release: Namespace):
    slot = release.get("isvc", "blink-cash-advance-blue")
    owner = release.get("serviceaccount", "blink-control")["metadata"]
    assert slot["metadata"]["ownerReferences"] == [
        {"apiVersion": "v1", "kind": "ServiceAccount", "name": "blink-control", "uid": owner["uid"]}
    ]
    assert {each["type"]: each["status"] for each in slot["status"]["conditions"]}["Ready"] == "True"
    model = slot["metadata"]["annotations"]["blinkscoring.io/model-id"]
    assert slot["spec"]["predictor"]["model"]["storageUri"] == f"pvc://blink-models/{model}"


def test_the_route_splits_by_weight_and_scores_at_the_champion(release: Namespace):
    rules = release.get("httproute", "blink-cash-advance")["spec"]["rules"]
    backends = [[(b["name"], b["port"], b["weight"]) for b in rule["backendRefs"]] for rule in rules]
    blue = "blink-cash-advance-blue-predictor"
    assert backends == [[(blue, 80, 1)], [(blue, 8081, 100)], [(blue, 80, 100)]]


@pytest.mark.parametrize("kind", KINDS)
def test_describing_shows_no_warning(release: Namespace, kind: str):
    described = release.kubectl("describe", kind)
    warnings = [line.strip() for line in described.splitlines() if line.strip().startswith("Warning ")]
    assert [told for told in warnings if CONFLICT not in told and "FailedMount" not in told] == []


def test_no_object_of_the_release_has_a_warning_event(release: Namespace):
    events = json.loads(release.kubectl("get", "events", "--field-selector=type=Warning", "--output=json"))["items"]
    told = [(each["involvedObject"]["name"], each["reason"], each["message"]) for each in events]
    # A pod that starts is asked before it can answer; that is what the probe is for.
    others = ("Startup probe failed", CONFLICT)
    mine = [event for event in told if event[1] not in PASSING and not any(words in event[2] for words in others)]
    assert mine == []


def test_helm_tests_score_a_request(release: Namespace):
    assert "Succeeded" in run(["helm", "test", "blink", "--namespace", release.name, "--timeout=3m"])


def test_control_may_do_what_it_does_and_nothing_else(release: Namespace):
    account = f"system:serviceaccount:{release.name}:blink-control"

    def may(*asked: str) -> bool:
        command = ["kubectl", "--namespace", release.name, "auth", "can-i", *asked, f"--as={account}"]
        # It exits with 1 where the answer is no.
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() == "yes"

    assert may("create", "workflows.argoproj.io")
    assert may("patch", "inferenceservices.serving.kserve.io/blink-cash-advance-blue")
    assert may("patch", "httproutes.gateway.networking.k8s.io/blink-cash-advance")
    refused = [
        ("get", "secrets"),
        ("create", "pods"),
        ("delete", "inferenceservices.serving.kserve.io/blink-cash-advance-blue"),
        ("patch", "inferenceservices.serving.kserve.io/another"),
        ("patch", "deployments.apps/blink-control"),
        ("delete", "workflows.argoproj.io"),
    ]
    assert [asked for asked in refused if may(*asked)] == []
