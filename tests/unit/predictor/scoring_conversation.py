"""An application behind the gate, as `/score` is, for conversations over one connection."""

import asyncio
import re

from predictor.ending import Ending
from predictor.http_body import JSON, idempotency_key, read_body
from predictor.http_errors import ErrorAnswers, error_answer
from predictor.http_gate import Gate
from predictor.metrics import Metrics
from tests.unit.predictor.http_conversation import post

GOOD = post(b"Content-Type: application/json\r\nContent-Length: 5\r\n", b"hello")
CHUNKED = b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
HALF = post(b"Content-Type: application/json\r\nContent-Length: 5\r\n", b"he")


class Scoring:
    """Reads bodies as `/score` does, behind the gate, and answers when it may."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.asked: list[tuple[str, bytes, dict]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.errors = ErrorAnswers(retry_seconds=1)
        self.gate = Gate(self._app, self.metrics, Ending(), errors=self.errors, routes={}, spans=None)

    async def __call__(self, scope, receive, send):
        await self.gate(scope, receive, send)

    async def _app(self, scope, receive, send):
        await self.errors.send(self._answer(scope, receive), scope["state"]["request_id"], send)

    async def _answer(self, scope, receive):
        if scope["path"] == "/unread":
            return error_answer(404, "not read", scope["state"]["request_id"])
        if scope["path"] == "/later":
            await self.may_answer.wait()
        key = idempotency_key(scope)
        scope["state"]["route"] = scope["path"]
        body = await read_body(scope, receive, limit=1_000_000, types=[JSON], untyped=True)
        await self.may_answer.wait()
        self.asked.append((scope["path"], body, dict(scope["headers"])))
        return error_answer(200, key or "none", scope["state"]["request_id"])

    def counted(self) -> dict[tuple[str, str], float]:
        lines = re.findall(
            r'^blink_requests_total\{protocol="http",route="(.*)",status="(.*)"\} (.*)$',
            self.metrics.page().decode(),
            re.MULTILINE,
        )
        return {(route, status): float(count) for route, status, count in lines}

    def in_flight(self) -> float:
        (count,) = re.findall(r"^blink_requests_in_flight (.*)$", self.metrics.page().decode(), re.MULTILINE)
        return float(count)


def check_refused(answer, status, error):
    assert (answer.status, answer.said["error"][: len(error)]) == (status, error)
    assert answer.said.keys() == {"error", "request_id"}
    assert answer.headers["x-request-id"] == answer.said["request_id"]
    assert (answer.headers["content-type"], answer.headers["connection"]) == ("application/json", "close")
