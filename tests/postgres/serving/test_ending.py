"""A server that is told to end while clients hammer it on connections that they keep: no request is lost."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from credit.bundle.reader import Bundle
from tests.postgres.serving.requests import INFER, ROWS, tensor
from tests.unit.predictor.serving_example import Server, server_process, until_ended, until_ready

CLIENTS = 8
BODY = json.dumps({"inputs": [tensor(shape=list(ROWS.shape), data=ROWS.ravel().tolist())]})


class Kept:
    """A client that keeps its connection until an answer asks it to use another."""

    def __init__(self, server: Server, going: threading.Semaphore) -> None:
        self._server = server
        self._going = going

    def run(self) -> list[int]:
        """The statuses of all answers; the last one came with the goodbye. A lost request raises."""
        connection, statuses, kept = self._server.connection(), [], True
        while kept:
            connection.request("POST", INFER, BODY, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
            kept = answer.headers.get("Connection") != "close"
            if len(statuses) == 3:
                self._going.release()
        connection.close()
        return statuses


@contextmanager
def hammered(client: Callable[[threading.Semaphore], list[int]]) -> Iterator[list[Future[list[int]]]]:
    going = threading.Semaphore(0)
    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(client, going) for _ in range(CLIENTS)]
        for _ in running:
            assert going.acquire(timeout=60)
        yield running


def test_http_clients_that_keep_their_connections_lose_no_request(bundle):
    with server_process(bundle=str(bundle.path), goodbye_seconds=20.0) as ending:
        until_ready(ending)
        with hammered(lambda going: Kept(ending, going).run()) as running:
            ending.stop()
            seen = [future.result(timeout=60) for future in running]
    assert {status for statuses in seen for status in statuses} == {200}


class Returning:
    """A client with a connection for each request, until nobody listens any more."""

    def __init__(self, server: Server, going: threading.Semaphore) -> None:
        self._server = server
        self._going = going

    def run(self) -> list[int]:
        """The statuses of all answers. A request that was sent and lost raises."""
        statuses: list[int] = []
        while True:
            connection = self._server.connection()
            try:
                connection.connect()
            except ConnectionRefusedError:
                return statuses
            connection.request("POST", INFER, BODY, {"Content-Type": "application/json"})
            statuses.append(connection.getresponse().status)
            connection.close()
            if len(statuses) == 3:
                self._going.release()


@pytest.mark.parametrize("_again", [0, *(pytest.param(n, marks=pytest.mark.acceptance) for n in range(1, 10))])
def test_clients_that_come_back_to_the_last_lose_no_request(bundle, _again):
    with server_process(bundle=str(bundle.path), goodbye_seconds=0.5) as ending:
        until_ready(ending)
        with hammered(lambda going: Returning(ending, going).run()) as running:
            ending.stop()
            seen = [future.result(timeout=60) for future in running]
        until_ended(ending)  # a second signal would meet a process that is past its own handling of it
    assert {status for statuses in seen for status in statuses} == {200}


def test_a_connection_that_brings_nothing_more_holds_the_end_up_no_longer_than_told(bundle):
    with server_process(bundle=str(bundle.path), goodbye_seconds=0.5) as ending:
        until_ready(ending)
        idle = ending.connection()
        idle.request("GET", "/v2/health/live")
        assert idle.getresponse().read()
        ending.stop()
        assert idle.sock is not None
        assert idle.sock.recv(1) == b"", "the server closes what is idle"
        idle.close()


def infer_request() -> pb.ModelInferRequest:
    rows = pb.ModelInferRequest.InferInputTensor(name="rows", datatype="FP64", shape=ROWS.shape)
    rows.contents.fp64_contents.extend(ROWS.ravel().tolist())
    return pb.ModelInferRequest(model_name="cash_advance", inputs=[rows])


async def hammer_grpc(target: str, going: threading.Semaphore, stopped: threading.Event) -> list[str]:
    """The models that answered calls on one channel, in several tasks, until some were made after the stop."""

    async def one(stub: GRPCInferenceServiceStub) -> list[str]:
        seen, after = [], 0
        while after < 20:
            after += stopped.is_set()
            seen.append((await stub.ModelInfer(infer_request())).model_version)
            if len(seen) == 3:
                going.release()
        return seen

    options = [("grpc.service_config", json.dumps({"loadBalancingConfig": [{"pick_first": {}}]}))]
    async with grpc.aio.insecure_channel(target, options=options) as channel:
        stub = GRPCInferenceServiceStub(channel)
        seen = await asyncio.gather(*[one(stub) for _ in range(CLIENTS)])
    return [version for versions in seen for version in versions]


# A server that cancelled calls on their way to it was seen to in one of two tries (decision 10).
MORE = [pytest.param(again, marks=pytest.mark.acceptance) for again in range(2, 10)]


@pytest.mark.parametrize("_again", [0, 1, *MORE])
def test_grpc_clients_with_another_server_lose_no_call(bundle: Bundle, scoring: Server, _again):
    going, stopped = threading.Semaphore(0), threading.Event()
    with server_process(bundle=str(bundle.path), grpc_connection_seconds=1.0) as ending, ThreadPoolExecutor(1) as pool:
        until_ready(ending)
        target = f"ipv4:{ending.grpc},{scoring.grpc}"
        running = pool.submit(lambda: asyncio.run(hammer_grpc(target, going, stopped)))
        for _ in range(CLIENTS):
            assert going.acquire(timeout=60)
        ending.stop()
        stopped.set()
        assert set(running.result(timeout=60)) == {bundle.model_id}
