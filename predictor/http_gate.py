"""What every HTTP request passes: it gets an id, is timed and counted, and a fault becomes an honest 500.

While the server ends, each answer also asks its client to use another connection.
"""

import logging
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from predictor.ending import Ending
from predictor.http_errors import error_response
from predictor.metrics import Metrics

_log = logging.getLogger(__name__)

_CLIENT_LEFT = "499"  # nginx's number for a client that did not wait


class Gate:
    """ASGI middleware inside Starlette's own catch-all, which would close the connection."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, ending: Ending, routes: Mapping[Callable[..., Any], str]
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._ending = ending
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, sent = time.perf_counter(), _Sent(send, uuid4().hex, self._ending)
        scope.setdefault("state", {})["request_id"] = sent.request_id
        try:
            await self._app(scope, receive, sent)
        except ClientDisconnect:
            sent.status = _CLIENT_LEFT
        except Exception:
            _log.exception("request %s: %s %s failed", sent.request_id, scope["method"], scope["path"])
            if sent.status:
                raise
            message = "internal fault, logged under the request id"
            fault = error_response(HTTPStatus.INTERNAL_SERVER_ERROR, message, sent.request_id)
            await fault(scope, receive, sent)
        finally:
            route = self._routes.get(scope.get("endpoint"), "other")  # type: ignore[arg-type]
            self._metrics.request("http", route, sent.status or "none", time.perf_counter() - begun)


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
            goodbye = [(b"connection", b"close")] if self._ending.begun else []
            own = (b"x-request-id", self.request_id.encode())
            message["headers"] = [*message.get("headers", ()), own, *goodbye]
        await self._send(message)
