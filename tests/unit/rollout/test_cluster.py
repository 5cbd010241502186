"""The Kubernetes client against a real HTTP server: what it sends, and what its errors become."""

import base64
import json

import pytest

from rollout import cluster as module
from rollout.cluster import HTTP_ROUTE, INFERENCE_SERVICE, WORKFLOW
from rollout.errors import ClusterAwayError, ClusterError, ObjectExistsError
from rollout.slots import Slot
from tests.unit.rollout.api_server import Asked, api_server
from tests.unit.rollout.release_example import MANIFESTS

SLOT = MANIFESTS.slot(Slot.BLUE, "model_a")
PATH = "/apis/serving.kserve.io/v1beta1/namespaces/credit/inferenceservices/blink-cash-advance-blue"
WORKFLOWS = "/apis/argoproj.io/v1alpha1/namespaces/credit/workflows"


@pytest.fixture
def server():
    with api_server() as server:
        yield server


def test_apply_is_a_forced_server_side_apply_of_the_whole_manifest(server):
    server.cluster().apply(INFERENCE_SERVICE, SLOT)
    (asked,) = server.asked
    query = {"fieldManager": ["blink-rollout"], "force": asked.query["force"]}
    assert asked == Asked("PATCH", PATH, query, "application/apply-patch+yaml", SLOT)
    assert asked.query["force"][0].lower() == "true"
    assert server.cluster().get(INFERENCE_SERVICE, "blink-cash-advance-blue")["spec"] == SLOT["spec"]


def test_what_is_not_there_is_none(server):
    assert server.cluster().get(HTTP_ROUTE, "blink-cash-advance") is None


def test_an_object_is_created_once(server):
    workflow = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "w"}}
    server.cluster().create(WORKFLOW, workflow)
    with pytest.raises(ObjectExistsError, match="create workflows w: already exists"):
        server.cluster().create(WORKFLOW, workflow)
    assert server.objects[f"{WORKFLOWS}/w"] == workflow


@pytest.mark.parametrize(
    ("status", "kind"), [(403, ClusterError), (422, ClusterError), (500, ClusterAwayError), (429, ClusterAwayError)]
)
def test_a_refusal_is_told_in_the_servers_words_and_a_fault_is_worth_another_try(server, status, kind):
    server.refuse[f"PATCH {PATH}"] = (status, "no, for a reason")
    with pytest.raises(ClusterError, match="no, for a reason") as caught:
        server.cluster().apply(INFERENCE_SERVICE, SLOT)
    assert type(caught.value) is kind


def test_a_server_that_is_away_is_told_so():
    with api_server() as server:
        cluster = server.cluster()
    with pytest.raises(ClusterAwayError, match=r"the Kubernetes API does not answer \(get httproutes r\)"):
        cluster.get(HTTP_ROUTE, "r")


def test_the_uid_of_our_own_account_is_read_from_the_token_without_asking(server, tmp_path, monkeypatch):
    account = {"kubernetes.io": {"serviceaccount": {"name": "blink-control", "uid": "uid-of-the-token"}}}
    claims = base64.urlsafe_b64encode(json.dumps(account).encode()).decode().rstrip("=")
    token = tmp_path / "token"
    token.write_text(f"e30.{claims}.c2ln")
    monkeypatch.setattr(module, "SERVICE_ACCOUNT_TOKEN", token)
    assert server.cluster().account_uid("blink-control") == "uid-of-the-token"
    assert server.asked == []


def test_any_other_account_is_asked_for(server, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SERVICE_ACCOUNT_TOKEN", tmp_path / "none")
    assert server.cluster().account_uid("blink-control") == "uid-1"
    with pytest.raises(ClusterError, match="not found"):
        server.cluster().account_uid("other")


def test_nothing_is_known_of_a_cluster_without_a_token_or_a_kubeconfig(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SERVICE_ACCOUNT_TOKEN", tmp_path / "none")
    monkeypatch.setattr(module.config.kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    with pytest.raises(ClusterError, match="Run in a pod, or set KUBECONFIG"):
        module.connect_cluster("credit")
