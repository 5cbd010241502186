"""Training by the control API: one run a batch, carried on by whoever is left, deployed without a failed request."""

import hashlib
import json
import secrets
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from http.client import HTTPException

import pytest

from tests.cluster.kube import Namespace, until
from tests.cluster.load import Route, load
from tests.cluster.postgres import Database
from tests.cluster.workflow_runs import suspended_crons, workflow


@pytest.fixture
def token(release: Namespace) -> str:
    """A token of the test's own: its hash goes into the Secret, as the documentation says."""
    made = secrets.token_hex(32)
    digest = hashlib.sha256(made.encode()).hexdigest()
    patch = {"data": {"tester": b64encode(digest.encode()).decode()}}
    release.kubectl("patch", "secret", "blink-control-tokens", "--type=merge", f"--patch={json.dumps(patch)}")
    return made


@pytest.fixture
def control(release: Namespace) -> Iterator[str]:
    """The control API's address."""
    with release.forwarded("service/blink-control", 8090) as port:
        yield f"http://127.0.0.1:{port}"


def call(address: str, token: str, path: str, body: object = None) -> tuple[int, dict]:
    """Status and answer of the control API."""
    content = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}{path}", content, headers)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_nobody_without_a_token(control: str):
    status, answer = call(control, "guess", "/api/models")
    assert status == 401
    assert "token" in answer["error"]


def test_the_document_of_the_api_is_served(control: str):
    with urllib.request.urlopen(f"{control}/openapi.json", timeout=30) as answer:  # noqa: S310 - our own address
        said = json.loads(answer.read())
    assert "/api/pipeline/trigger/train_model" in said["paths"]


def test_a_run_is_asked_for_once_and_survives_the_end_of_control(
    release: Namespace, database: Database, control: str, token: str
):
    suspended_crons(release)
    # A Secret reaches a running pod in its own time.
    until(lambda: call(control, token, "/api/models")[0] == 200, "the new token is known", seconds=150)
    with database.nobody_writes("blink.blink_models"):
        status, asked = call(control, token, "/api/pipeline/trigger/train_model", {"batch_id": "TWICE"})
        assert status == 202, asked
        again, refused = call(control, token, "/api/pipeline/trigger/train_model", {"batch_id": "TWICE"})
        assert (again, refused["run_id"]) == (409, asked["run_id"])
        name = asked["watch"]["workflow"]
        database.until_waiting("blink.blink_models", 1, seconds=240)
        release.delete_pod(release.running_pods("app.kubernetes.io/component=control")[0])
    release.finished_workflow(name)
    found = f"FROM blink.pipeline_runs WHERE run_id = '{asked['run_id']}'"
    assert database.ask(f"SELECT state, batch_id, requested_by, workflow {found}") == f"succeeded|TWICE|tester|{name}"
    models = database.ask(f"SELECT model_id FROM blink.blink_models WHERE run_id = '{asked['run_id']}'").split()
    assert [model.startswith("model_TWICE_") for model in models] == [True]


def test_a_new_champion_takes_over_without_a_failed_request(
    release: Namespace, database: Database, route: Route, features: list[str]
):
    suspended_crons(release)
    before = route.ask("GET", f"/v2/models/{route.model}")[1]["versions"]
    with load(route, len(features)) as tallies:
        forced = workflow("blink-train", portfolio="cash_advance", **{"force-reason": "end-to-end test"})
        release.finished_workflow(release.create(forced))
        champion = database.ask("SELECT model_id FROM blink.blink_models WHERE status = 'champion'")
        until(
            lambda: route.ask("GET", f"/v2/models/{route.model}")[1]["versions"] == [champion],
            "the new champion answers",
            seconds=60,
        )
    assert [champion] != before
    assert {name: tally.failed for name, tally in tallies.items()} == {"rest": [], "score": [], "grpc": []}
    assert all(tally.answered > 20 for tally in tallies.values())
    # The former champion stays ready for the way back.
    assert release.names("isvc") == ["blink-cash-advance-blue", "blink-cash-advance-green"]


def test_a_predictor_that_is_deleted_comes_back_and_no_score_is_lost_or_doubled(
    release: Namespace, route: Route, database: Database
):
    champion = database.ask("SELECT model_id FROM blink.blink_models WHERE status = 'champion'")
    slot = next(
        each["metadata"]["name"]
        for each in release.objects("isvc")
        if each["metadata"]["annotations"]["blinkscoring.io/model-id"] == champion
    )
    pods = f"serving.kserve.io/inferenceservice={slot}"
    former = release.running_pods(pods)
    # One customer's requests, each with a key of its own, repeated until it is answered, as a careful client does.
    keys = [f"{slot}-{former[0]}-{number}" for number in range(200)]
    answers = {}
    for number, key in enumerate(keys):
        if number == 50:
            for pod in former:
                release.delete_pod(pod)
        answers[key] = until(lambda key=key: _scored(route, key), f"request {key} is answered", seconds=120)
    until(lambda: not set(former) & set(release.names("pods", pods)), "the former pods are gone", seconds=90)
    assert route.ask("GET", f"/v2/models/{route.model}")[1]["versions"] == [champion]
    assert len(release.running_pods(pods)) == len(former)
    audits = {answer["audit_id"] for answer in answers.values()}
    stored = database.ask("SELECT audit_id FROM blink.risk_score_audits WHERE subject_id = 'careful'").split()
    assert len(audits) == len(keys)
    assert sorted(stored) == sorted(audits)
    assert _scored(route, keys[0])["audit_id"] == answers[keys[0]]["audit_id"]


def _scored(route: Route, key: str) -> dict | None:
    """The answer to a customer's request; None where it is to be tried again."""
    body = {"user_id": "careful", "features": {}}
    try:
        status, answer = route.ask("POST", "/score", body, headers={"Idempotency-Key": key})
    except (OSError, HTTPException):
        return None
    assert status in {200, 502, 503, 504}, (status, answer)
    return answer if status == 200 else None
