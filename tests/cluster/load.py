"""Clients that never stop asking, through the Gateway, and remember every answer that was not a success."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from urllib.parse import urlsplit

import grpc
from kserve.protocol.grpc import grpc_predict_v2_pb2 as messages
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

SECONDS = 15.0
PACE = 0.02
"""Between two requests of one client, so that the clients leave the machine to what they test."""


@dataclass
class Tally:
    """What came of the requests of one client."""

    answered: int = 0
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Route:
    """Where a portfolio answers."""

    gateway: str
    """Such as http://127.0.0.1:8080."""
    host: str
    model: str

    def connection(self) -> HTTPConnection:
        """A connection to the gateway."""
        return HTTPConnection(urlsplit(self.gateway).netloc, timeout=SECONDS)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        connection: HTTPConnection | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict]:
        """Status and answer of one request."""
        sent = {"Host": self.host, "Content-Type": "application/json", **(headers or {})}
        used = connection or self.connection()
        try:
            used.request(method, path, None if body is None else json.dumps(body), sent)
            answer = used.getresponse()
            return answer.status, _read(answer.read())
        finally:
            if connection is None:
                used.close()

    def infer_path(self) -> str:
        """Of V2."""
        return f"/v2/models/{self.model}/infer"


def _read(content: bytes) -> dict:
    try:
        return json.loads(content)
    except ValueError:  # not one of ours: the gateway's
        return {"text": content.decode(errors="replace")}


def row_request(width: int) -> dict[str, object]:
    """A V2 request of one row of zeros."""
    return {"inputs": [{"name": "rows", "shape": [1, width], "datatype": "FP64", "data": [0.0] * width}]}


@contextmanager
def load(route: Route, width: int) -> Iterator[dict[str, Tally]]:
    """Requests of V2 REST, V2 gRPC and `/score`, one client each, until the end of the block."""
    options = [("grpc.default_authority", route.host)]
    with (
        closing(route.connection()) as rest,
        closing(route.connection()) as score,
        grpc.insecure_channel(urlsplit(route.gateway).netloc, options=options) as channel,
    ):
        yield from _asked_on(
            {"rest": _rest(route, width, rest), "score": _score(route, score), "grpc": _grpc(route, width, channel)}
        )


def _asked_on(clients: Mapping[str, Callable[[], None]]) -> Iterator[dict[str, Tally]]:
    stop, tallies = Event(), {name: Tally() for name in clients}
    threads = [Thread(target=_ask_on, args=(client, tallies[name], stop)) for name, client in clients.items()]
    for thread in threads:
        thread.start()
    try:
        yield tallies
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _ask_on(ask: Callable[[], None], tally: Tally, stop: Event) -> None:
    while not stop.wait(PACE):
        try:
            ask()
            tally.answered += 1
        except (AssertionError, OSError, HTTPException, grpc.RpcError) as error:
            tally.failed.append(f"{type(error).__name__}: {error}")


def _rest(route: Route, width: int, connection: HTTPConnection) -> Callable[[], None]:
    body = row_request(width)

    def ask() -> None:
        status, answer = route.ask("POST", route.infer_path(), body, connection)
        assert status == 200, (status, answer)

    return ask


def _score(route: Route, connection: HTTPConnection) -> Callable[[], None]:
    def ask() -> None:
        status, answer = route.ask("POST", "/score", {"user_id": "load", "features": {}}, connection)
        assert status == 200, (status, answer)

    return ask


def _grpc(route: Route, width: int, channel: grpc.Channel) -> Callable[[], None]:
    stub = GRPCInferenceServiceStub(channel)
    tensor = messages.ModelInferRequest.InferInputTensor(name="rows", datatype="FP64", shape=[1, width])
    tensor.contents.fp64_contents.extend([0.0] * width)
    request = messages.ModelInferRequest(model_name=route.model, inputs=[tensor])

    def ask() -> None:
        answer = stub.ModelInfer(request, timeout=SECONDS)
        assert len(answer.outputs) == 1, answer

    return ask
