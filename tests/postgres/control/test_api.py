"""The control API as its users meet it: over HTTP, on a real database."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from blink.control.tokens import token_hash
from credit.database import models, pipeline_runs
from tests.postgres.control.registry import CASH, FIRST, SECOND, deploy
from tests.postgres.control.served import Served, away, on_a_cluster
from tests.unit.rollout.api_server import api_server

WORKFLOWS = "/apis/argoproj.io/v1alpha1/namespaces/credit/workflows"


@pytest.fixture
def kubernetes_api():
    with api_server() as server:
        yield server


@pytest.fixture
def control(database, kubernetes_api, tmp_path):
    with on_a_cluster(database, kubernetes_api, tmp_path / "tokens") as running:
        yield running


def run_of(control: Served, answer: httpx.Response) -> dict:
    return control.client.get(f"/api/pipeline/runs/{answer.json()['run_id']}").json()


def test_a_training_starts_as_a_workflow_of_its_own_name(control, kubernetes_api):
    answer = control.train(batch_id="BATCH_001", deploy=False)
    said = answer.json()
    run_id = said["run_id"]
    name = f"blink-train-{UUID(run_id).hex[:8]}"
    assert answer.status_code == 202
    times = {field: said[field] for field in ("as_of", "started_at")}
    assert said == {
        "run_id": run_id,
        "kind": "train",
        "portfolio": "cash_advance",
        "batch_id": "BATCH_001",
        "state": "requested",
        "workflow": name,
        "requested_by": "anna",
        "outcome": {"deploy": False, "started": True},
        "finished_at": None,
        "watch": {
            "api": f"/api/pipeline/runs/{run_id}",
            "workflow": name,
            "kubectl": f"kubectl get workflow {name} --namespace credit --watch",
            "argo": f"https://argo.example/workflows/credit/{name}",
        },
        **times,
    }
    assert run_of(control, answer) == said
    assert kubernetes_api.objects[f"{WORKFLOWS}/{name}"] == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            "name": name,
            "namespace": "credit",
            "labels": {
                "app.kubernetes.io/name": "blink",
                "app.kubernetes.io/instance": "blink",
                "app.kubernetes.io/component": "train",
                "blinkscoring.io/portfolio": "cash_advance",
                "workflows.argoproj.io/workflow-template": "blink-train",
            },
            "ownerReferences": [
                {"apiVersion": "v1", "kind": "ServiceAccount", "name": "blink-control", "uid": "uid-1"}
            ],
        },
        "spec": {
            "workflowTemplateRef": {"name": "blink-train"},
            "arguments": {
                "parameters": [
                    {"name": "portfolio", "value": "cash_advance"},
                    {"name": "batch-id", "value": "BATCH_001"},
                    {"name": "run-id", "value": run_id},
                    {"name": "deploy", "value": "false"},
                ]
            },
        },
    }


def test_a_second_request_for_the_batch_is_told_the_run_that_is_active(control):
    first = control.train()
    second = control.train()
    assert (second.status_code, second.json()["run_id"]) == (409, first.json()["run_id"])
    assert second.json()["request_id"] == second.headers["x-request-id"]
    assert control.train(batch_id="BATCH_002").status_code == 202


@pytest.mark.parametrize("state", ["requested", "running"])
def test_a_run_whose_workflow_is_gone_blocks_nobody(control, kubernetes_api, database, state):
    first = control.train()
    with database.engine("blink_trainer").begin() as connection:
        connection.execute(text("UPDATE blink.pipeline_runs SET state = :state"), {"state": state})
    del kubernetes_api.objects[f"{WORKFLOWS}/{first.json()['workflow']}"]
    assert control.train().status_code == 202
    closed = run_of(control, first)
    assert (closed["state"], closed["outcome"]["error"]) == (
        "failed",
        f"its workflow {first.json()['workflow']} does not exist any more",
    )


def test_a_run_whose_workflow_ended_without_a_word_is_closed_by_the_loop(control, kubernetes_api):
    first = control.train()
    workflow = kubernetes_api.objects[f"{WORKFLOWS}/{first.json()['workflow']}"]
    workflow["status"] = {"phase": "Failed", "message": "no node", "finishedAt": "2026-01-01T00:00:00Z"}
    control.upkeep()
    closed = run_of(control, first)
    assert (closed["state"], closed["outcome"]["error"]) == (
        "failed",
        f"its workflow {first.json()['workflow']} ended as Failed and recorded nothing: no node",
    )


def test_a_workflow_that_the_api_refuses_closes_its_run(control, kubernetes_api):
    kubernetes_api.refuse[f"POST {WORKFLOWS}"] = (403, "no right to create workflows")
    refused = control.train()
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert "no right to create workflows" in refused.json()["error"]
    (run,) = control.client.get("/api/pipeline/runs").json()["runs"]
    assert run["state"] == "failed"
    kubernetes_api.refuse.clear()
    assert control.train().status_code == 202


def test_a_workflow_that_was_not_made_because_the_api_or_we_were_away_is_made_by_the_loop(control, kubernetes_api):
    kubernetes_api.refuse[f"POST {WORKFLOWS}"] = (500, "etcd is away")
    answer = control.train()
    assert (answer.status_code, answer.json()["state"]) == (202, "requested")
    kubernetes_api.refuse.clear()
    for _ in range(2):
        control.upkeep()
    made = [asked for asked in kubernetes_api.asked if asked.method == "POST"]
    assert [asked.body["metadata"]["name"] for asked in made] == [answer.json()["workflow"]] * 2
    assert run_of(control, answer)["outcome"] == {"deploy": True, "started": True}
    assert kubernetes_api.objects[f"{WORKFLOWS}/{answer.json()['workflow']}"]["spec"]["arguments"]["parameters"][3] == {
        "name": "deploy",
        "value": "true",
    }


def test_a_run_that_cannot_be_started_for_long_is_closed(control, kubernetes_api):
    kubernetes_api.refuse[f"POST {WORKFLOWS}"] = (500, "etcd is away")
    answer = control.train()
    control.upkeep(control.loop.clock() + timedelta(minutes=11))
    assert run_of(control, answer)["state"] == "failed"


def test_trainings_that_others_started_are_left_alone(control, database):
    with database.engine("blink_trainer").begin() as connection:
        for workflow in (None, "other-release-train-1"):
            request = {"run_id": uuid4(), "portfolio": CASH, "requested_by": "cron", "workflow": workflow}
            batch = None if workflow is None else "B"
            pipeline_runs.request_training(connection, **request, batch_id=batch, now=control.loop.clock())
    control.upkeep(control.loop.clock() + timedelta(days=1))
    runs = control.client.get("/api/pipeline/runs", params={"kind": "train", "portfolio": CASH}).json()["runs"]
    assert [run["state"] for run in runs] == ["requested", "requested"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "body: Field required"),
        (b"{", "malformed JSON"),
        (b"[]", "body: "),
        (b"{}", "body.batch_id: Field required"),
        (b'{"batch_id": 7}', "body.batch_id: Input should be a valid string"),
        (b'{"batch_id": ""}', "body.batch_id: "),
        (b'{"batch_id": "../x"}', "../x"),
        (b'{"batch_id": "B", "deploy": "yes"}', "body.deploy: Input should be a valid boolean"),
        (b'{"batch_id": "B", "surprise": 1}', "body.surprise: Extra inputs are not permitted"),
        (b'{"batch_id": "B", "portfolio": "x"}', "body.portfolio: no portfolio 'x'; there are cash_advance"),
    ],
)
def test_a_bad_request_is_told_place_and_fault(control, body, words):
    headers = {"Content-Type": "application/json"}
    answer = control.client.post("/api/pipeline/trigger/train_model", content=body, headers=headers)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert control.client.get("/api/pipeline/runs").json() == {"runs": []}


def test_a_body_over_the_limit_is_413(control):
    answer = control.client.post("/api/pipeline/trigger/train_model", content=b"x" * 70_000)
    assert (answer.status_code, answer.json()["error"]) == (413, "body: over the limit of 65536 bytes")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/api/pipeline/runs/{UUID(int=7)}", 404),
        ("GET", "/api/pipeline/runs/7", 400),
        ("GET", "/api/pipeline/runs?limit=0", 400),
        ("GET", "/api/models/model_x", 404),
        ("GET", "/nothing", 404),
        ("GET", "/docs", 404),
        ("DELETE", "/api/models", 405),
    ],
)
def test_what_is_not_there_is_told_in_json(control, method, path, status):
    answer = control.client.request(method, path)
    assert (answer.status_code, set(answer.json())) == (status, {"error", "request_id"})


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic YW5uYTp4", "Bearer"])
def test_nobody_is_told_nothing(control, header):
    headers = {} if header is None else {"Authorization": header}
    for method, path in (
        ("POST", "/api/pipeline/trigger/train_model"),
        ("GET", "/api/models"),
        ("GET", "/api/pipeline/runs"),
    ):
        answer = httpx.request(method, control.client.base_url.join(path), headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_tokens_come_and_go_while_the_server_runs(control):
    (control.tokens / "anna").unlink()
    assert control.client.get("/api/models").status_code == 401
    (control.tokens / "bert").write_text(token_hash("of_bert"))
    assert control.client.get("/api/models", headers={"Authorization": "Bearer of_bert"}).status_code == 200


def test_models_are_shown_with_their_importance(control, database):
    deploy(database.engine("blink_trainer"), FIRST)
    with database.engine("blink_trainer").begin() as connection:
        models.register(connection, replace(SECOND, portfolio="trade_credit"))
    listed = control.client.get("/api/models").json()["models"]
    assert [model["model_id"] for model in listed] == [SECOND.model_id, FIRST.model_id]
    assert control.client.get("/api/models", params={"portfolio": CASH}).json()["models"] == listed[1:]
    assert (
        control.client.get(f"/api/models/{FIRST.model_id}").json()
        == listed[1]
        == {
            "model_id": FIRST.model_id,
            "portfolio": "cash_advance",
            "batch_id": None,
            "algorithm": "lightgbm",
            "status": "champion",
            "model_path": FIRST.model_path,
            "manifest_sha256": "00" * 32,
            "metrics": {"roc_auc": 0.75},
            "run_id": None,
            "fitted_until": "2026-03-03T00:00:00Z",
            "created_at": "2026-06-01T00:00:00Z",
        }
    )
    assert control.client.get(f"/api/models/{FIRST.model_id}/feature_importance").json() == {
        "model_id": FIRST.model_id,
        "feature_importance": list(FIRST.feature_importance),
    }


def test_the_open_api_document_is_served_without_a_token_and_knows_no_422(control):
    document = httpx.get(control.client.base_url.join("/openapi.json")).json()
    assert document["openapi"].startswith("3.1.")
    assert "422" not in json.dumps(document)
    assert set(document["paths"]) == {
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/pipeline/trigger/train_model",
        "/api/pipeline/runs",
        "/api/pipeline/runs/{run_id}",
        "/api/models",
        "/api/models/{model_id}",
        "/api/models/{model_id}/feature_importance",
    }


def test_the_platform_asks_without_a_token(control, database):
    deploy(database.engine("blink_trainer"), FIRST)
    control.train()
    answers = {path: httpx.get(control.client.base_url.join(path)) for path in ("/healthz", "/readyz", "/metrics")}
    assert [(answer.status_code, path) for path, answer in answers.items()] == [
        (200, "/healthz"), (200, "/readyz"), (200, "/metrics"),
    ]  # fmt: skip
    page = answers["/metrics"].text.splitlines()
    assert "blink_control_database_up 1.0" in page
    assert f'blink_champion_info{{model_id="{FIRST.model_id}",portfolio="cash_advance"}} 1.0' in page
    assert 'blink_runs{kind="train",portfolio="cash_advance",state="requested"} 1.0' in page
    assert 'blink_reconcile_errors_total{portfolio="cash_advance"} 0.0' in page


def test_without_a_database_it_lives_is_not_ready_and_says_so(control, database, server):
    base = control.client.base_url
    paths = ("/healthz", "/readyz", "/metrics")
    with away(server, database):
        assert [httpx.get(base.join(path)).status_code for path in paths] == [200, 503, 200]
        assert "blink_control_database_up 0.0" in httpx.get(base.join("/metrics")).text
        assert control.train().status_code == 503
    assert [httpx.get(base.join(path)).status_code for path in paths] == [200, 200, 200]
    assert control.train().status_code == 202
