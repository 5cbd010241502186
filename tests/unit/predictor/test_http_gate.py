"""A fault of ours is an honest 500 that leaves the connection open, and is counted."""

import asyncio
import json
import logging
from functools import partial
from pathlib import Path

import pytest
from starlette.requests import Request

from predictor.deployment import Deployment
from predictor.ending import Ending
from predictor.http_app import http_app, routes_of
from predictor.http_errors import ErrorAnswers
from predictor.http_infer import ROUTE, VERSION_ROUTE, InferPath
from predictor.http_score import ROUTE as SCORE_ROUTE
from predictor.http_score import ScorePath
from predictor.metrics import Metrics

TRACEPARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Broken:
    """Endpoints that all fail with an error that nobody expects."""

    def __getattr__(self, name: str):
        async def fail(_request: Request):
            raise ZeroDivisionError("a fault of ours")

        return fail


class BrokenAnswering:
    """An engine whose memory is at its end."""

    async def infer(self, _call: object) -> bytes:
        raise MemoryError

    async def score(self, _body: bytes, _request_id: str, _key: str | None) -> bytes:
        raise MemoryError


def broken_app(metrics: Metrics):
    errors = ErrorAnswers(retry_seconds=1)
    infer_path = partial(
        InferPath,
        name="cash_advance",
        deployment=Deployment(metrics),
        answering=BrokenAnswering(),
        errors=errors,
        body_bytes=1000,
    )
    score_path = partial(ScorePath, answering=BrokenAnswering(), errors=errors, body_bytes=1000)
    return http_app(Broken(), lambda others: score_path(infer_path(others)), metrics, Ending(), errors=errors)


def ask(method: str, path: str, *headers: tuple[bytes, bytes]) -> tuple[list[dict], Metrics]:
    metrics = Metrics()
    app = broken_app(metrics)
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(b"host", b"localhost"), *headers],
        "http_version": "1.1",
        "query_string": b"",
        "root_path": "",
    }
    asyncio.run(app(scope, receive, send))
    return sent, metrics


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/score", "/score"),
        ("/v2/models/cash_advance/infer", "/v2/models/{name}/infer"),
        ("/v1/models/cash_advance:predict", "/v1/models/{name}:predict"),
    ],
)
def test_a_fault_is_answered_logged_and_counted_and_goes_no_further(caplog: pytest.LogCaptureFixture, path, route):
    # An exception that left the application would end the connection.
    with caplog.at_level(logging.ERROR):
        (start, body), metrics = ask("POST", path, (b"content-type", b"application/json"))
    said = json.loads(body["body"])
    assert (start["status"], said["error"]) == (500, "internal fault, logged under the request id")
    assert (b"x-request-id", said["request_id"].encode()) in start["headers"]
    assert caplog.records[0].getMessage() == f"request {said['request_id']}: POST {route} failed"
    assert caplog.records[0].exc_info is not None
    assert f'blink_requests_total{{protocol="http",route="{route}",status="500"}} 1.0'.encode() in metrics.page()


@pytest.mark.parametrize("path", ["/score", "/v2/models/cash_advance/infer", "/made/up"])
def test_a_second_host_is_refused_in_front_of_every_path(path):
    (start, body), metrics = ask("POST", path, (b"host", b"localhost"))
    assert (start["status"], json.loads(body["body"])["error"]) == (400, "Host: stands there 2 times; one is needed")
    assert b'blink_requests_total{protocol="http",route="other",status="400"} 1.0' in metrics.page()


@pytest.mark.parametrize("path", ["/score", "/v2/models/cash_advance/infer", "/made/up"])
def test_a_clients_names_of_a_request_come_back_and_nothing_else_does(path):
    (start, body), _ = ask("POST", path, (b"x-request-id", b"mine"), (b"traceparent", TRACEPARENT), (b"x-own", b"?"))
    headers = dict(start["headers"])
    assert (headers[b"x-request-id"], json.loads(body["body"])["request_id"]) == (b"mine", "mine")
    assert headers[b"traceparent"][:36] == TRACEPARENT[:36]
    assert headers[b"traceparent"][36:52] != TRACEPARENT[36:52]
    assert b"x-own" not in headers


def test_without_a_trace_none_is_made_up():
    (start, _), _ = ask("GET", "/")
    assert b"traceparent" not in dict(start["headers"])


def test_a_path_that_a_client_made_up_is_no_label():
    _, metrics = ask("GET", "/made/up")
    assert b'route="other",status="404"} 1.0' in metrics.page()
    assert b"made" not in metrics.page()


def test_every_path_is_documented():
    page = (Path(__file__).parents[3] / "docs/serving.md").read_text()
    routes = {f"`{'GET' if 'GET' in route.methods else 'POST'} {route.path}`" for route in routes_of(Broken())}
    named = routes | {f"`POST {ROUTE}`", f"`POST {VERSION_ROUTE}`", f"`POST {SCORE_ROUTE}`"}
    assert {name for name in named if name not in page} == set()
