"""Faults of ours, injected into a running server: an honest 500 each, on a connection that goes on."""

import asyncio
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection

import grpc
import pytest
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
from sqlalchemy import select

from credit.bundle.reader import Bundle
from credit.database import models
from credit.database.models import ModelStatus
from credit.database.schema import RISK_SCORE_AUDITS
from predictor import following
from predictor.server import ServeSettings
from tests.postgres.serving.requests import INFER, tensor
from tests.postgres.serving.served import registered
from tests.postgres.serving.test_ending import infer_request
from tests.unit.predictor.serving_example import A2_BODY, PORTFOLIO, Server, server_thread, until_ready

FAULT = "internal fault, logged under the request id"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
BODIES = {
    INFER: json.dumps({"inputs": [tensor()]}),
    f"{INFER}?": json.dumps({"inputs": [tensor()], "outputs": [{"name": "reason_codes"}]}),
    "/v1/models/cash_advance:predict": '{"instances": [{}]}',
    "/v1/models/cash_advance:explain": '{"instances": [{}]}',
    "/score": A2_BODY,
}


class FaultyEngine:
    """Answers as another engine does until it is given an error."""

    def __init__(self, engine) -> None:
        self._engine = engine
        self.error: BaseException | None = None

    def __getattr__(self, name: str):
        return getattr(self._engine, name)

    def margins(self, rows):
        if self.error is not None:
            raise self.error
        return self._engine.margins(rows)


@pytest.fixture
def engine(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> FaultyEngine:
    faulty = FaultyEngine(bundle.engine)
    monkeypatch.setattr(following, "load_bundle", lambda _path: replace(bundle, engine=faulty))
    return faulty


@pytest.fixture
def faulty(bundle: Bundle, engine: FaultyEngine, database) -> Iterator[Server]:
    with database.engine("blink_trainer").begin() as connection:
        models.register(connection, registered(bundle, ModelStatus.CHAMPION))
    scorer = database.engine("blink_scorer")
    settings = ServeSettings(portfolio=PORTFOLIO, bundle=bundle.path, database=scorer, http_port=0, grpc_port=0)
    with server_thread(settings) as running:
        yield until_ready(running)


def counted(server: Server, status: str) -> float:
    page = server.get("/metrics")[2].decode().splitlines()
    lines = [line for line in page if line.startswith("blink_requests_total{") and f'status="{status}"' in line]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def ask(connection: HTTPConnection, path: str) -> tuple[int, dict, bool]:
    connection.request("POST", path, BODIES[path], {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read()), answer.will_close


@pytest.mark.parametrize("error", [ZeroDivisionError("the engine fails"), MemoryError()])
def test_each_path_says_an_internal_fault_honestly_and_goes_on(faulty, engine, error, caplog):
    connection = faulty.connection()
    before = [ask(connection, path)[0] for path in BODIES]
    engine.error = error
    with caplog.at_level(logging.ERROR):
        faults = [ask(connection, path) for path in BODIES]
    engine.error = None
    after = [ask(connection, path)[0] for path in BODIES]
    connection.close()
    assert before == after == [200] * len(BODIES)
    assert [(status, said["error"], closes) for status, said, closes in faults] == [(500, FAULT, False)] * len(BODIES)
    logged = [record.getMessage() for record in caplog.records if record.exc_info]
    assert logged == [
        f"request {said['request_id']}: POST {path.rstrip('?').replace('cash_advance', '{name}')} failed"
        for path, (_, said, _) in zip(BODIES, faults, strict=True)
    ]
    assert counted(faulty, "500") == len(BODIES)
    assert counted(faulty, "400") == 0


def test_an_audit_that_cannot_be_counted_is_written_once_and_its_score_given(faulty, database, monkeypatch, caplog):
    def fail(*_arguments, **_named):
        raise OSError("no space left")

    monkeypatch.setattr("predictor.metrics.Metrics.audits_committed", fail)
    connection = faulty.connection()
    status, said, _ = ask(connection, "/score")
    connection.close()
    with database.engine("blink_reader").connect() as reading:
        (audit_id,) = reading.execute(select(RISK_SCORE_AUDITS.c.audit_id)).scalars()
    assert (status, said["audit_id"]) == (200, str(audit_id))
    assert [record.getMessage() for record in caplog.records if record.exc_info] == [
        "audits that were committed could not be counted"
    ]


def test_neighbours_of_a_faulty_moment_each_get_a_fault_of_their_own_id(faulty, engine):
    engine.error = MemoryError()
    connections = [faulty.connection() for _ in range(8)]
    for connection in connections:
        connection.request("POST", INFER, BODIES[INFER], {"Content-Type": "application/json"})
    answers = [connection.getresponse() for connection in connections]
    ids = {json.loads(answer.read())["request_id"] for answer in answers}
    assert ([answer.status for answer in answers], len(ids)) == ([500] * 8, 8)
    engine.error = None
    assert [ask(connection, INFER)[0] for connection in connections] == [200] * 8
    for connection in connections:
        connection.close()


def test_over_grpc_it_is_internal_and_the_channel_goes_on(faulty, engine):
    async def scenario() -> tuple[grpc.StatusCode, str, int]:
        async with grpc.aio.insecure_channel(faulty.grpc) as channel:
            stub = GRPCInferenceServiceStub(channel)
            engine.error = MemoryError()
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await stub.ModelInfer(infer_request(), metadata=(("x-request-id", "mine"), ("traceparent", PARENT)))
            engine.error = None
            answer = await stub.ModelInfer(infer_request())
            named = {key: str(value) for key, value in refused.value.trailing_metadata()}
            assert (named["x-request-id"], named["traceparent"][:36]) == ("mine", PARENT[:36])
            return refused.value.code(), refused.value.details() or "", len(answer.outputs)

    code, said, outputs = asyncio.run(scenario())
    assert (code, said, outputs) == (grpc.StatusCode.INTERNAL, f"{FAULT} (request mine)", 1)
    assert counted(faulty, "INTERNAL") == 1


def test_a_bad_request_among_good_ones_spoils_none(faulty):
    bad = json.dumps({"inputs": [tensor(data=[float("inf")] * 30)]})
    connections = [faulty.connection() for _ in range(10)]
    for index, connection in enumerate(connections):
        body = bad if index % 2 else BODIES[INFER]
        connection.request("POST", INFER, body, {"Content-Type": "application/json"})
    statuses = []
    for connection in connections:
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
        connection.close()
    assert statuses == [200, 400] * 5
