"""What every HTTP request passes: it gets an id, is timed and counted, and a fault becomes an honest 500.

While the server ends, each answer also asks its client to use another connection.
"""

import logging
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from predictor.ending import Ending
from predictor.http_errors import error_answer
from predictor.metrics import Metrics
from predictor.request_id import new_request_ids

_log = logging.getLogger(__name__)

_CLIENT_LEFT = "499"  # nginx's number for a client that did not wait


class Gate:
    """The outermost ASGI application: what left it would make uvicorn close the connection."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, ending: Ending, routes: Mapping[Callable[..., Any], str]
    ) -> None:
        """`routes` labels Starlette's endpoints; what answers in front of them writes its label into the state."""
        self._app = app
        self._metrics = metrics
        self._ending = ending
        self._routes = routes
        self._new_id = new_request_ids()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, sent = time.perf_counter(), _Sent(send, self._new_id(), self._ending)
        state = scope.setdefault("state", {})
        state["request_id"] = sent.request_id
        try:
            await self._app(scope, receive, sent)
        except ClientDisconnect:
            sent.status = _CLIENT_LEFT
        except Exception:
            _log.exception("request %s: %s %s failed", sent.request_id, scope["method"], scope["path"])
            if sent.status:
                raise
            message = "internal fault, logged under the request id"
            await error_answer(HTTPStatus.INTERNAL_SERVER_ERROR, message, sent.request_id).send(sent)
        finally:
            self._metrics.request("http", self._route(scope), sent.status or "none", time.perf_counter() - begun)

    def _route(self, scope: Scope) -> str:
        """A template, never a path that a client made up."""
        answered = scope["state"].get("route")
        return str(answered) if answered else self._routes.get(scope.get("endpoint"), "other")  # type: ignore[arg-type]


class _Sent:
    """Remembers the status that went out, and adds the request's id, and a goodbye, to the headers."""

    def __init__(self, send: Send, request_id: str, ending: Ending) -> None:
        self._send = send
        self._ending = ending
        self.request_id = request_id
        self.status = ""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = str(message["status"])
            headers = [*message.get("headers", ()), (b"x-request-id", self.request_id.encode())]
            if self._ending.begun:
                headers.append((b"connection", b"close"))
            message["headers"] = headers
        await self._send(message)
