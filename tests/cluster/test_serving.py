"""Scores through the Gateway, asked for by clients that others wrote."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from tritonclient import http as triton

from tests.cluster.load import Route

GRPC_CLIENT = Path(__file__).with_name("triton_grpc_client.py")
CUSTOMER = {
    "metric_median_paycheck": 1200,
    "metric_overdraft_count90": 0,
    "metric_total_balance": 5000,
    "metric_transaction_count90": 55,
}


@pytest.fixture
def rows(features: list[str]) -> np.ndarray:
    """Two rows, one of them with everything missing."""
    known = [CUSTOMER.get(name, np.nan) for name in features]
    return np.array([known, [np.nan] * len(features)])


@pytest.fixture
def probabilities(route: Route, rows: np.ndarray) -> list[float]:
    """What V2 over REST answers to the rows, by tritonclient."""
    sent = triton.InferInput("rows", list(rows.shape), "FP64")
    sent.set_data_from_numpy(rows)
    with triton.InferenceServerClient(urlsplit(route.gateway).netloc) as client:
        answer = client.infer(route.model, [sent], headers={"Host": route.host})
    found = answer.as_numpy("default_probability").tolist()
    assert all(0 < each < 1 for each in found)
    return found


def test_v2_over_grpc_answers_what_rest_answers(route: Route, rows: np.ndarray, probabilities: list[float]):
    command = [sys.executable, str(GRPC_CLIENT), urlsplit(route.gateway).netloc, route.host, json.dumps(rows.tolist())]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout) == probabilities


def test_v1_predict_and_explain_agree_with_v2(route: Route, probabilities: list[float]):
    body = {"instances": [CUSTOMER, {}]}
    status, predicted = route.ask("POST", f"/v1/models/{route.model}:predict", body)
    assert status == 200, predicted
    assert predicted["predictions"] == probabilities
    status, explained = route.ask("POST", f"/v1/models/{route.model}:explain", body)
    assert status == 200, explained


def test_a_score_is_explained_and_audited(route: Route, probabilities: list[float], database):
    body = {"user_id": "end-to-end", "features": CUSTOMER}
    status, answer = route.ask("POST", "/score", body)
    assert status == 200, answer
    assert answer["default_probability"] == probabilities[0]
    total = sum(answer["explanation"]["contributions"].values()) + answer["explanation"]["base_value"]
    log_odds = np.log(answer["default_probability"] / answer["repayment_probability"])
    assert total == pytest.approx(log_odds, abs=1e-9)
    assert "metric_volatility90" in answer["missing_features"]
    stored = database.ask(
        "SELECT model_id || ' ' || origin || ' ' || role || ' ' || subject_id"
        f" FROM blink.risk_score_audits WHERE audit_id = '{answer['audit_id']}'"
    )
    assert stored == f"{answer['model_id']} online champion end-to-end"


def test_a_user_of_the_database_is_scored_on_what_is_known(route: Route, database):
    user = database.ask("SELECT subject_id FROM blink.accounts ORDER BY account_id LIMIT 1")
    status, answer = route.ask("POST", "/score", {"user_id": user})
    assert (status, answer["features_source"]) == (200, "computed")


def test_bad_input_is_named_through_the_gateway_too(route: Route):
    status, answer = route.ask("POST", "/score", {"user_id": "u", "features": {"metric_total_balance": "much"}})
    assert status == 400
    assert "features.metric_total_balance" in answer["error"]


def test_prometheus_finds_the_predictors_metrics(release):
    pod = release.running_pods("serving.kserve.io/inferenceservice=blink-cash-advance-blue")[0]
    with release.forwarded(f"pod/{pod}", 8080) as port:
        told = subprocess.run(
            ["curl", "--silent", "--fail", f"http://127.0.0.1:{port}/metrics"],
            check=True,
            capture_output=True,
            text=True,
            timeout=30,
        ).stdout
    assert 'blink_model_info{engine_version="' in told
    assert "blink_requests_total" in told
    notes = release.get("pod", pod)["metadata"]["annotations"]
    assert notes["prometheus.io/scrape"] == "true"
