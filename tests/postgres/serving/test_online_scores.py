"""Online scores on a real database: audited before they are answered, once a key, or not at all."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from math import log
from uuid import UUID

import grpc
import numpy as np
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
from sqlalchemy import insert, select

from credit.database.schema import (
    ACCOUNTS,
    FEATURE_STORE_SNAPSHOTS,
    SCORE_REQUESTS,
    TRANSACTIONS,
)
from credit.features.query import Key, compute_features
from credit.scores import score_rows
from tests.postgres.serving.served import Served, audits_of, score
from tests.unit.predictor.serving_example import (
    A2_BODY,
    A2_FEATURES,
    NAMES,
    PORTFOLIO,
)


def test_a2s_body_word_for_word_leaves_one_audit_that_adds_up(served):
    status, headers, answer = score(served, A2_BODY)
    assert status == 200
    (audit,) = audits_of(served, "...")
    row = np.array([[A2_FEATURES.get(name, np.nan) for name in NAMES]])
    expected = score_rows(served.first, row)
    probability = answer["default_probability"]
    explained = answer["explanation"]
    assert answer == {
        "user_id": "...",
        "repayment_probability": 1.0 - probability,
        "default_probability": expected.default_probabilities[0],
        "points": expected.points[0],
        "explanation": {
            "scale": "log_odds_default",
            "base_value": expected.base_values[0],
            "contributions": dict(zip(NAMES, expected.contributions[0].tolist(), strict=True)),
            "reasons": [
                {
                    "code": reason.code,
                    "sentence": reason.sentence,
                    "amount": reason.amount,
                    "features": list(reason.features),
                }
                for reason in expected.reasons[0]
            ],
        },
        "model_name": "cash_advance",
        "model_id": served.first.model_id,
        "model_version": served.first.model_id,
        "engine": served.first.engine.name,
        "engine_version": served.first.engine.version,
        "missing_features": [name for name in NAMES if name not in A2_FEATURES],
        "features_source": "supplied",
        "as_of": audit.as_of.isoformat(),
        "audit_id": str(audit.audit_id),
        "request_id": headers["x-request-id"],
    }
    logit = log(probability / (1.0 - probability))
    assert abs(sum(explained["contributions"].values()) + explained["base_value"] - logit) < 1e-9
    assert abs(sum(audit.contributions.values()) + audit.base_value - logit) < 1e-9
    assert (audit.default_probability, audit.request_id) == (probability, headers["x-request-id"])
    assert (audit.role, audit.origin, audit.missing) == ("champion", "online", answer["missing_features"])


def test_a_list_scores_many_each_with_its_audit(served):
    body = json.dumps([{"user_id": f"many-{n}", "features": {NAMES[0]: n}} for n in range(3)])
    status, _, answer = score(served, body)
    assert status == 200
    assert [one["user_id"] for one in answer] == ["many-0", "many-1", "many-2"]
    assert [str(audits_of(served, one["user_id"])[0].audit_id) for one in answer] == [one["audit_id"] for one in answer]


def test_one_subject_may_stand_in_a_list_twice(served):
    body = json.dumps([{"user_id": "twice", "features": {NAMES[0]: n}} for n in range(2)])
    assert score(served, body)[0] == 200
    assert len(audits_of(served, "twice")) == 2


def test_without_features_they_are_computed_as_of_now(served):
    with served.engine.begin() as connection:
        opened = datetime.now(UTC) - timedelta(days=200)
        account = connection.execute(
            insert(ACCOUNTS).returning(ACCOUNTS.c.account_id),
            {
                "portfolio": "cash_advance",
                "provider_id": "a-history",
                "subject_id": "history",
                "currency": "USD",
                "timezone": "America/New_York",
                "opened_at": opened,
            },
        ).scalar_one()
        paid = [
            {
                "account_id": account,
                "provider_id": f"t{n}",
                "posted_at": datetime.now(UTC) - timedelta(days=7 * n + 1),
                "amount": 120_000,
                "currency": "USD",
                "balance_after": 200_000,
                "category": "salary",
            }
            for n in range(8)
        ]
        connection.execute(insert(TRANSACTIONS), paid)
    status, _, answer = score(served, '{"user_id": "history"}')
    assert (status, answer["features_source"]) == (200, "computed")
    (audit,) = audits_of(served, "history")
    with served.engine.connect() as connection:
        snapshots = FEATURE_STORE_SNAPSHOTS.c
        snapshot = connection.execute(
            select(FEATURE_STORE_SNAPSHOTS).where(snapshots.snapshot_id == audit.snapshot_id)
        ).one()
        again = compute_features(connection, PORTFOLIO, [Key("history", audit.as_of, snapshot.pg_snapshot)])
    stored = np.array([[snapshot.features[name] for name in NAMES]], dtype=np.float64)
    assert np.array_equal(stored, again.values, equal_nan=True)
    assert (snapshot.null_reasons, snapshot.source) == (dict(again.null_reasons[0]), "computed")
    assert snapshot.features["metric_median_paycheck"] == 1200.0
    assert answer["missing_features"] == [name for name in NAMES if snapshot.features[name] is None]


def test_a_subject_without_history_is_not_found(served):
    status, _, answer = score(served, '[{"user_id": "known", "features": {}}, {"user_id": "nobody"}]')
    assert (status, answer["error"].split(";")[0]) == (
        404,
        "[1].user_id: nobody has no transactions to compute features from",
    )
    assert audits_of(served, "known") == []


def test_a_repeated_key_gets_the_first_answer_to_the_byte(served):
    body = '{"user_id": "repeated", "features": {"metric_total_balance": 1e-7}}'
    first = served.server.post("/score", body, {"Idempotency-Key": "k-1"})
    second = served.server.post("/score", body, {"Idempotency-Key": "k-1"})
    assert (first[0], second[0]) == (200, 200)
    assert first[2] == second[2]
    assert len(audits_of(served, "repeated")) == 1
    status, _, conflict = score(served, body + " ", **{"Idempotency-Key": "k-1"})
    assert (status, conflict["error"]) == (409, "Idempotency-Key k-1: came before with another body; use a new key")


def test_one_key_from_many_at_once_is_scored_once(served):
    body = '{"user_id": "at-once", "features": {}}'
    with ThreadPoolExecutor(8) as pool:
        headers = {"Idempotency-Key": "k-2"}
        answers = list(pool.map(lambda _: served.server.post("/score", body, headers), range(16)))
    assert {status for status, _, _ in answers} == {200}
    assert len({content for _, _, content in answers}) == 1
    assert len(audits_of(served, "at-once")) == 1
    with served.engine.connect() as connection:
        requests = select(SCORE_REQUESTS.c.audit_ids).where(SCORE_REQUESTS.c.idempotency_key == "k-2")
        assert connection.execute(requests).all() == [([UUID(json.loads(answers[0][2])["audit_id"])],)]


def test_a_failed_request_does_not_use_up_its_key(served):
    assert score(served, '{"user_id": "nobody"}', **{"Idempotency-Key": "k-3"})[0] == 404
    assert score(served, '{"user_id": "somebody", "features": {}}', **{"Idempotency-Key": "k-3"})[0] == 200


@pytest.mark.parametrize("key", ["", "x" * 256, "\tüber"])
def test_a_bad_key_is_named(served, key):
    status, _, answer = score(served, A2_BODY, **{"Idempotency-Key": key.encode("latin-1").decode("latin-1")})
    assert status == 400
    assert answer["error"].startswith("Idempotency-Key: one key of 1 to 255")


def test_a_v2_request_with_a_subject_is_audited(served):
    inputs = [{"name": "rows", "shape": [1, len(NAMES)], "datatype": "FP64", "data": [1.5] * len(NAMES)}]
    body = {"id": "mine", "inputs": inputs, "parameters": {"subject_id": "v2-subject"}}
    status, _, content = served.server.post("/v2/models/cash_advance/infer", json.dumps(body))
    answer = json.loads(content)
    (audit,) = audits_of(served, "v2-subject")
    assert (status, answer["id"], answer["parameters"]) == (200, "mine", {"audit_id": str(audit.audit_id)})
    assert answer["outputs"][0]["data"] == [audit.default_probability]


def test_a_v1_request_with_a_subject_is_audited(served):
    body = {"instances": [A2_FEATURES], "parameters": {"subject_id": "v1-subject"}}
    status, _, content = served.server.post("/v1/models/cash_advance:explain", json.dumps(body))
    answer = json.loads(content)
    (audit,) = audits_of(served, "v1-subject")
    assert (status, answer["audit_id"], answer["predictions"]) == (
        200,
        str(audit.audit_id),
        [audit.default_probability],
    )
    assert answer["explanations"][0]["contributions"] == audit.contributions


def grpc_infer(served: Served, row: np.ndarray, subject_id: str) -> pb.ModelInferResponse:
    tensor = pb.ModelInferRequest.InferInputTensor(name="rows", datatype="FP64", shape=[1, len(row)])
    request = pb.ModelInferRequest(
        model_name="cash_advance",
        inputs=[tensor],
        raw_input_contents=[row.tobytes()],
        parameters={"subject_id": pb.InferParameter(string_param=subject_id)},
    )
    with grpc.insecure_channel(served.server.grpc) as channel:
        return GRPCInferenceServiceStub(channel).ModelInfer(request, timeout=20)


def test_a_grpc_request_with_a_subject_is_audited(served):
    answer = grpc_infer(served, np.full(len(NAMES), 1.5), "grpc-subject")
    (audit,) = audits_of(served, "grpc-subject")
    assert np.frombuffer(answer.raw_output_contents[0]).tolist() == [audit.default_probability]
    assert answer.parameters["audit_id"].string_param == str(audit.audit_id)


def test_an_audited_row_holds_no_infinity(served):
    with pytest.raises(grpc.RpcError) as refused:
        grpc_infer(served, np.full(len(NAMES), np.inf), "infinite")
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.value.details().startswith(f"row 0, feature {NAMES[0]}: infinity cannot be audited (request ")
