"""A server that loads its model on the first request, over both protocols and with audits."""

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from credit.database import models
from credit.database.models import ModelStatus
from credit.model_store.errors import ModelStoreAwayError
from predictor.first_request import Pauses
from predictor.server import Limits, ServeSettings
from tests.postgres.serving.requests import INFER, ROWS, tensor
from tests.postgres.serving.served import registered
from tests.unit.predictor.serving_example import PORTFOLIO, Server, server_thread

ROW = {"instances": [{"metric_total_balance": 5000}]}
INPUTS = json.dumps({"inputs": [tensor(shape=list(ROWS.shape), data=ROWS.ravel().tolist())]})
ASLEEP = {"ready": True, "model": "it is loaded when a request first needs it"}


class Bringing:
    """Brings a path when it may, after as many failures as it was told; counts."""

    def __init__(self, path: Path, *failures: Exception) -> None:
        self.path = path
        self.failures = list(failures)
        self.may = Event()
        self.times = 0

    def __call__(self) -> Path:
        self.may.wait()
        self.times += 1
        if self.failures:
            raise self.failures.pop(0)
        return self.path


@contextmanager
def sleeping(bring: Callable[[], Path], engine=None, *, request_seconds: float = 60.0) -> Iterator[Server]:
    waits = Pauses(request_seconds, first_seconds=0.01, most_seconds=0.01)
    settings = ServeSettings(
        PORTFOLIO, bring=bring, database=engine, http_port=0, grpc_port=0, limits=Limits(first_request=waits)
    )
    with server_thread(settings) as running:
        yield running


def over_grpc(server: Server) -> str:
    async def ask() -> str:
        async with grpc.aio.insecure_channel(server.grpc) as channel:
            stub = GRPCInferenceServiceStub(channel)
            assert (await stub.ServerReady(pb.ServerReadyRequest())).ready
            return (await stub.ModelMetadata(pb.ModelMetadataRequest(name="cash_advance"))).versions[0]

    return asyncio.run(ask())


def test_every_kind_of_request_wakes_it_and_it_loads_once(bundle, expected):
    bring = Bringing(bundle.path)
    with sleeping(bring) as server, ThreadPoolExecutor(8) as pool:
        assert json.loads(server.get("/v2/health/ready")[2]) == ASLEEP
        assert [server.get(path)[0] for path in ("/v2/models", "/metrics", "/v1/models/cash_advance")] == [200] * 3
        assert server.get(f"/v2/models/cash_advance/versions/{bundle.model_id}/ready")[0] == 503
        assert bring.times == 0
        asked = [pool.submit(server.post, INFER, INPUTS) for _ in range(4)]
        asked.append(pool.submit(server.post, "/v1/models/cash_advance:explain", json.dumps(ROW)))
        described = [pool.submit(server.get, path) for path in ("/openapi.json", "/v2/models/cash_advance")]
        version = pool.submit(over_grpc, server)
        bring.may.set()
        assert [one.result()[0] for one in (*asked, *described)] == [200] * 7
        assert json.loads(asked[0].result()[2])["outputs"][0]["data"] == expected
        assert version.result() == bundle.model_id
        assert json.loads(server.get("/v2/health/ready")[2]) == {"ready": True}
    assert bring.times == 1


def test_who_waits_too_long_gets_a_503_and_the_time_to_come_again(bundle):
    bring = Bringing(bundle.path)
    with sleeping(bring, request_seconds=0.0) as server:
        status, headers, content = server.post(INFER, INPUTS)
        assert (status, headers["retry-after"]) == (503, "2")
        assert json.loads(content)["error"] == "no model is ready: it is being loaded since a request asked for it"
        assert json.loads(server.get("/v2/health/ready")[2]) == ASLEEP
        bring.may.set()
        while server.post(INFER, INPUTS)[0] == 503:
            assert server.alive()
    assert bring.times == 1


def test_after_a_failure_it_is_not_ready_until_a_try_succeeds(bundle):
    bring = Bringing(bundle.path)
    second = Event()

    def fails_first() -> Path:
        if bring.times:
            second.wait()
            return bring()
        bring.times = 1
        raise ModelStoreAwayError("s3://b does not answer")

    bring.may.set()
    with sleeping(fails_first) as server:
        status, _, content = server.post(INFER, INPUTS)
        assert (status, json.loads(content)["error"]) == (503, "no model is ready: s3://b does not answer")
        assert server.get("/v2/health/ready")[0] == 503
        second.set()
        assert server.post(INFER, INPUTS)[0] in {200, 503}
        while server.get("/v2/health/ready")[0] != 200:
            assert server.alive()
        assert server.post(INFER, INPUTS)[0] == 200
    assert bring.times == 2


def test_the_first_score_is_audited(bundle, database):
    with database.engine("blink_trainer").begin() as connection:
        models.register(connection, registered(bundle, ModelStatus.CHAMPION))
    bring = Bringing(bundle.path)
    bring.may.set()
    engine = database.engine("blink_scorer")
    with sleeping(bring, engine) as server:
        status, _, content = server.post("/score", '{"user_id": "first", "features": {}}')
    assert (status, json.loads(content)["model_id"]) == (200, bundle.model_id)


@pytest.mark.parametrize("path", ["/score", INFER])
def test_a_model_of_another_portfolio_is_not_served(bundle, tmp_path, path):
    bring = Bringing(tmp_path / "absent")
    bring.may.set()
    with sleeping(bring) as server:
        assert server.post(path, "{}")[0] == 503
