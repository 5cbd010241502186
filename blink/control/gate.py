"""What every HTTP request passes: it gets an id, its body is read up to a limit, and a fault becomes an honest 500."""

import logging
from http import HTTPStatus
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from blink.control.errors import TooLargeError
from blink.control.http_errors import error_response

_log = logging.getLogger(__name__)

BODY_BYTES = 64 * 1024
"""More than any request needs."""


class Gate:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = _Sent(send, uuid4().hex)
        scope.setdefault("state", {})["request_id"] = sent.request_id
        try:
            await self._app(scope, _Replayed(await _read(receive), receive), sent)
        except TooLargeError as error:
            # Whatever is still on its way is not read.
            headers = {"Connection": "close"}
            answer = error_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error), sent.request_id, headers)
            await answer(scope, receive, sent)
        except Exception:
            _log.exception("request %s: %s %s failed", sent.request_id, scope["method"], scope["path"])
            if sent.begun:
                raise
            message = "internal fault, logged under the request id"
            await error_response(HTTPStatus.INTERNAL_SERVER_ERROR, message, sent.request_id)(scope, receive, sent)


async def _read(receive: Receive) -> bytes:
    """The whole body.

    Raises:
        TooLargeError: where it is over the limit, with or without a Content-Length.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":  # the client has gone
            return b"".join(chunks)
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > BODY_BYTES:
            raise TooLargeError(f"body: over the limit of {BODY_BYTES} bytes")
        if not message.get("more_body", False):
            return b"".join(chunks)


class _Replayed:
    """Gives a body that was read to the application, and then what comes."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._message: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Message:
        message, self._message = self._message, None
        return await self._receive() if message is None else message


class _Sent:
    """Remembers whether an answer has begun, and adds the request's id to its headers."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.request_id = request_id
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", self.request_id.encode())]
        await self._send(message)
