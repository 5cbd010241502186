"""What every HTTP request passes: it gets an id, is timed and counted, and a fault becomes an honest 500.

While the server ends, each answer also asks its client to use another connection.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from predictor.ending import Ending
from predictor.errors import UnavailableError
from predictor.http_answer import RawHeaders
from predictor.http_body import LEFT, refused_head
from predictor.http_errors import ErrorAnswers, error_answer
from predictor.http_host import host_fault
from predictor.metrics import Metrics
from predictor.spans import Span, Spans
from predictor.trace_context import RequestNames, follow, traceparent_of

_log = logging.getLogger(__name__)

MALFORMED = "malformed"
"""The route by which requests are counted that were never read whole, so that they have none."""

_CLIENT_LEFT = "499"  # nginx's number for a client that did not wait


class Gate:
    """The outermost ASGI application: what left it would end the connection."""

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        ending: Ending,
        *,
        errors: ErrorAnswers,
        routes: Mapping[Callable[..., Any], str],
        spans: Spans | None,
    ) -> None:
        """`routes` labels Starlette's endpoints; what answers in front of them writes its label into the state."""
        self._app = app
        self._metrics = metrics
        self._ending = ending
        self._errors = errors
        self._routes = routes
        self._spans = spans
        self._names = RequestNames()
        self._in_flight = 0
        metrics.watch_in_flight(lambda: self._in_flight)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, headers = time.perf_counter(), dict(scope["headers"])
        request_id, traceparent = self._names.id_of(headers), traceparent_of(headers)
        state = scope.setdefault("state", {})
        state["request_id"], state["headers"] = request_id, headers
        span = self._spans.begin("http", request_id, traceparent) if self._spans else None
        sent = _Sent(send, state, self._own_headers(request_id, traceparent, span))
        self._in_flight += 1
        try:
            await self._answered(scope, receive, sent)
        except ClientDisconnect:
            sent.status = _CLIENT_LEFT
        except asyncio.CancelledError:  # by uvicorn, which has waited for as long as an end may take
            await self._cut_short(scope, sent)
        except Exception:
            if not await self._faulted(scope, sent):
                raise
        finally:
            self._in_flight -= 1
            route, status = self._route(scope), sent.status or "none"
            self._metrics.request("http", route, status, time.perf_counter() - begun)
            if span is not None:
                span.end(route, status)

    async def _faulted(self, scope: Scope, sent: "_Sent") -> bool:
        """Log the fault of ours that is being handled; whether it could be answered, because nothing was sent yet."""
        request_id = scope["state"]["request_id"]
        _log.exception("request %s: %s %s failed", request_id, scope["method"], self._route(scope))
        if sent.status:
            return False
        message = "internal fault, logged under the request id"
        await error_answer(HTTPStatus.INTERNAL_SERVER_ERROR, message, request_id).send(sent)
        sent.status = "500"  # whoever has left
        return True

    async def _cut_short(self, scope: Scope, sent: "_Sent") -> None:
        """Say that the server ends; whether the work was done is not known. What has begun to be sent is left."""
        request_id = scope["state"]["request_id"]
        _log.warning("request %s: %s %s was cut short by the end", request_id, scope["method"], self._route(scope))
        if not sent.status:
            error = UnavailableError("the server ended before the answer was there")
            await self._errors.answer(error, request_id).send(sent)

    def _answered(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """By the application; in front of it is refused what is no whole request, or does not name one host."""
        state = scope["state"]
        if refusal := refused_head(scope):
            state["route"] = MALFORMED
            return self._errors.answer(refusal, state["request_id"]).send(send)
        if fault := host_fault(scope["headers"], state["headers"], scope["http_version"]):
            return error_answer(HTTPStatus.BAD_REQUEST, fault, state["request_id"]).send(send)
        return self._app(scope, receive, send)

    def _route(self, scope: Scope) -> str:
        """A template, never a path that a client made up."""
        answered = scope["state"].get("route")
        return str(answered) if answered else self._routes.get(scope.get("endpoint"), "other")  # type: ignore[arg-type]

    def _own_headers(self, request_id: str, traceparent: str | None, span: Span | None) -> RawHeaders:
        own: RawHeaders = ((b"x-request-id", request_id.encode()),)
        if span is not None:
            own += ((b"traceparent", span.traceparent.encode()),)
        elif traceparent is not None:
            own += ((b"traceparent", follow(traceparent, self._names.new_span_id()).encode()),)
        if self._ending.begun:
            own += ((b"connection", b"close"),)
        return own


class _Sent:
    """Remembers the status that went out, and adds headers of the gate's own."""

    def __init__(self, send: Send, state: Mapping[str, Any], own: RawHeaders) -> None:
        self._send = send
        self._state = state
        self._own = own
        self.status = ""

    async def __call__(self, message: Message) -> None:
        if message["type"] != "http.response.start":
            await self._send(message)
            return
        message["headers"] = [*message.get("headers", ()), *self._own]
        await self._send(message)
        # Now, since whoever waited to write it may have been cut short, or left.
        self.status = _CLIENT_LEFT if LEFT in self._state else str(message["status"])
