"""Online scores on a real database: audited before they are answered, once a key, by whoever is champion."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import log
from pathlib import Path
from threading import Event
from uuid import UUID

import grpc
import numpy as np
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
from sqlalchemy import Engine, insert, select, text, update

from blink.embedded import EmbeddedServer
from credit.bundle.reader import Bundle
from credit.database import models
from credit.database.connection import connect
from credit.database.models import ModelStatus, RegisteredModel
from credit.database.schema import (
    ACCOUNTS,
    BLINK_MODELS,
    FEATURE_STORE_SNAPSHOTS,
    RISK_SCORE_AUDITS,
    SCORE_REQUESTS,
    TRANSACTIONS,
)
from credit.features.query import Key, compute_features
from credit.scores import score_rows
from tests.unit.predictor.serving_example import (
    A2_BODY,
    A2_FEATURES,
    FIRST,
    NAMES,
    PORTFOLIO,
    Server,
    example_bundle,
    running_server,
    until_ready,
)

SECOND = FIRST + timedelta(days=7)


@dataclass(frozen=True)
class Served:
    """A server that follows the champion of a database."""

    server: Server
    engine: Engine
    admin: Engine
    name: str
    model_dir: Path
    first: Bundle
    second: Bundle


def registered(bundle: Bundle, status: ModelStatus) -> RegisteredModel:
    return RegisteredModel(
        model_id=bundle.model_id,
        portfolio=PORTFOLIO.name,
        batch_id=None,
        algorithm="lightgbm",
        model_path=bundle.path.name,
        manifest_sha256=bytes.fromhex(bundle.manifest_sha256),
        metrics={},
        feature_importance=(),
        status=status,
        run_id=None,
        fitted_until=None,
        created_at=FIRST,
    )


def execute(admin: Engine, statement: str) -> None:
    with admin.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(statement))


@pytest.fixture(scope="module")
def served(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    admin, name = connect(server.url()), "served"
    execute(admin, f"DROP DATABASE IF EXISTS {name}")
    execute(admin, f"CREATE DATABASE {name} TEMPLATE template_blink")
    engine = connect(server.url(name))
    model_dir = tmp_path_factory.mktemp("models")
    first, second = example_bundle(model_dir), example_bundle(model_dir, trained_at=SECOND, seed=1)
    with engine.begin() as connection:
        models.register(connection, registered(first, ModelStatus.CHAMPION))
        models.register(connection, registered(second, ModelStatus.TRAINED))
    arguments = {"url": server.url(name), "model_dir": str(model_dir), "database_seconds": 1.0}
    with running_server(**arguments) as running:
        yield Served(until_ready(running), engine, admin, name, model_dir, first, second)
    engine.dispose()
    execute(admin, f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


def crown(served: Served, model_id: str) -> None:
    """Make a model the champion."""
    with served.engine.begin() as connection:
        old = update(BLINK_MODELS).where(BLINK_MODELS.c.status == "champion")
        connection.execute(old.values(status="retired"))
        new = update(BLINK_MODELS).where(BLINK_MODELS.c.model_id == model_id)
        connection.execute(new.values(status="champion"))


def audits_of(served: Served, subject_id: str) -> list:
    with served.engine.connect() as connection:
        audits = RISK_SCORE_AUDITS.c
        return connection.execute(select(RISK_SCORE_AUDITS).where(audits.subject_id == subject_id)).all()


def score(served: Served, body: str, **headers: str) -> tuple[int, dict[str, str], dict]:
    status, answered, content = served.server.post("/score", body, headers)
    return status, answered, json.loads(content)


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


@contextmanager
def database_away(served: Served) -> Iterator[None]:
    execute(served.admin, f"ALTER DATABASE {served.name} ALLOW_CONNECTIONS false")
    try:
        execute(
            served.admin,
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{served.name}'",
        )
        yield
    finally:
        execute(served.admin, f"ALTER DATABASE {served.name} ALLOW_CONNECTIONS true")


def test_with_the_database_away_nothing_is_scored_unaudited(served):
    served.engine.dispose()
    with database_away(served):
        status, headers, answer = score(served, '{"user_id": "away", "features": {}}')
        assert (status, headers["retry-after"]) == (503, "2")
        assert answer["error"].startswith("the database does not answer: ")
        assert served.server.get("/v2/health/ready")[0] == 200
        inputs = [{"name": "rows", "shape": [1, len(NAMES)], "datatype": "FP64", "data": [1.5] * len(NAMES)}]
        assert served.server.post("/v2/models/cash_advance/infer", json.dumps({"inputs": inputs}))[0] == 200
    assert score(served, '{"user_id": "away", "features": {}}')[0] == 200
    assert len(audits_of(served, "away")) == 1


def test_a_database_that_does_not_answer_in_time_is_away(served):
    with served.engine.begin() as connection:
        connection.execute(text("LOCK TABLE blink.audit_batches IN ACCESS EXCLUSIVE MODE"))
        status, headers, answer = score(served, '{"user_id": "slow", "features": {}}')
    assert (status, headers["retry-after"]) == (503, "2")
    assert "timeout" in answer["error"]
    assert audits_of(served, "slow") == []


def model_versions(served: Served, until: str, stop: Event) -> list[tuple[int, str]]:
    """Statuses and versions of answers, one request after another, until `until` answers."""
    seen: list[tuple[int, str]] = []
    while not stop.is_set() and (not seen or seen[-1][1] != until):
        status, _, answer = score(served, '{"user_id": "swapped", "features": {}}')
        seen.append((status, answer.get("model_version", "")))
    return seen


def test_a_new_champion_takes_over_without_a_failed_request(served):
    stop = Event()
    with ThreadPoolExecutor(4) as pool:
        try:
            for bundle in (served.second, served.first):
                running = [pool.submit(model_versions, served, bundle.model_id, stop) for _ in range(3)]
                crown(served, bundle.model_id)
                seen = [future.result(timeout=20) for future in running]
                assert {status for answers in seen for status, _ in answers} == {200}
                for answers in seen:
                    versions = [version for _, version in answers]
                    assert versions == sorted(versions, key=lambda version: version == bundle.model_id)
        finally:
            stop.set()


def refusals(served: Served) -> float:
    page = served.server.get("/metrics")[2].decode()
    (line,) = [line for line in page.splitlines() if line.startswith("blink_model_refusals_total")]
    return float(line.split()[-1])


def test_a_damaged_champion_leaves_the_old_one_serving(served):
    damaged = example_bundle(served.model_dir, trained_at=FIRST + timedelta(days=14), seed=2)
    file = damaged.path / "calibration.json"
    file.write_bytes(file.read_bytes().replace(b"1.25", b"1.26"))
    with served.engine.begin() as connection:
        models.register(connection, registered(damaged, ModelStatus.TRAINED))
    before = refusals(served)
    crown(served, damaged.model_id)
    try:
        while refusals(served) == before:
            assert served.server.process.poll() is None
        status, _, answer = score(served, '{"user_id": "kept", "features": {}}')
        assert (status, answer["model_id"]) == (200, served.first.model_id)
    finally:
        crown(served, served.first.model_id)
