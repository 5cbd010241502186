"""One HTTP request and its answer, between a connection and an ASGI application.

Source: the ASGI specification, version 3.0, messages of HTTP 2.3. Answers say their length: none is sent in chunks.
"""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Scope

from predictor.http_body import LEFT
from predictor.http_wire import Wire

_log = logging.getLogger(__name__)

HELD_BYTES = 65_536
"""Bytes of a body that may wait for the application before its connection is read no further; and of an answer's part
that are copied, so that it leaves together with the head."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_WITHOUT_LENGTH = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_DISCONNECT: Message = {"type": "http.disconnect"}


class Exchange:
    """A request whose head has come. Used from one event loop."""

    __slots__ = (
        "_answered",
        "_body",
        "_head",
        "_length",
        "_news",
        "_started",
        "_waiter",
        "_wire",
        "complete",
        "disconnected",
        "expects_continue",
        "keep_alive",
        "more_body",
        "scope",
    )

    def __init__(
        self, scope: Scope, wire: Wire, answered: Callable[[], None], *, keep_alive: bool, expects_continue: bool
    ) -> None:
        """Begin one, of whose body nothing has come; `answered` is called when its answer was written."""
        self.scope = scope
        self.keep_alive = keep_alive
        """Whether the connection goes on behind it."""
        self.expects_continue = expects_continue
        """Whether its client waits to be told to send the body."""
        self.more_body = True
        """Whether a part of the body is still to come."""
        self.complete = False
        """Whether its answer was written."""
        self.disconnected = False
        self._wire = wire
        self._answered = answered
        self._body: bytes | bytearray = b""
        self._news = False
        self._waiter: asyncio.Future[None] | None = None
        self._started = False
        self._head = b""
        self._length = 0

    async def run(self, app: ASGIApp) -> None:
        """Have it answered. A request that gets no whole answer ends its connection."""
        try:
            await app(self.scope, self.receive, self.send)
        except Exception:  # noqa: BLE001 - logged; the gate answers faults, so that this one is of what it sent
            _log.exception("an answer was broken off")
        else:
            if not (self.complete or self.disconnected):
                _log.error("a request got no whole answer")
        finally:
            if not (self.complete or self.disconnected):
                self._wire.close()

    def body_came(self, part: bytes) -> None:
        """A part of the body has come."""
        if not self._body:  # most come whole
            self._body = part
        else:
            if isinstance(self._body, bytes):
                self._body = bytearray(self._body)
            self._body += part
            if len(self._body) > HELD_BYTES:
                self._wire.pause_reading()
        self.tell()

    def body_ended(self) -> None:
        """All of the body has come."""
        self.more_body = False
        self.tell()

    def lost(self) -> None:
        """The client has left; nothing is sent any more."""
        self.disconnected = True
        self.scope["state"][LEFT] = True
        self._body = b""
        self.tell()

    def tell(self) -> None:
        """Whoever waits to receive something has a reason to look."""
        self._news = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def receive(self) -> Message:
        """ASGI's receive."""
        if self.expects_continue:
            self.expects_continue = False
            if not self._wire.closing:
                self._wire.write(_CONTINUE)
        if not (self.disconnected or self.complete):
            self._wire.resume_reading()
            if not self._news:
                self._waiter = asyncio.get_running_loop().create_future()
                await self._waiter
            self._news = False
        if self.disconnected or self.complete:
            return _DISCONNECT
        body, self._body = bytes(self._body), b""
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    async def send(self, message: Message) -> None:
        """ASGI's send. The head is written together with the first part of the body.

        Raises:
            RuntimeError: where the application does not keep to the protocol.
        """
        if self._wire.writing_paused and not self.disconnected:
            await self._wire.writable()
        if self._wire.closing and not self.complete:  # which uvloop takes for a fault of who writes
            self.lost()
        if self.disconnected:
            return
        if not self._started:
            self._start(message)
        elif not self.complete:
            self._send_body(message)
        else:
            raise RuntimeError("the answer was sent already")

    def _start(self, message: Message) -> None:
        if message["type"] != "http.response.start":
            raise RuntimeError(f"an answer begins with its start, not with {message['type']}")
        status, headers = message["status"], message["headers"]
        lines, length, close = [_STATUS_LINES[status], self._wire.common_head()], None, not self.keep_alive
        for name, value in headers:
            if b"\n" in value or b"\r" in value:
                raise RuntimeError("a header of an answer has more than one line")
            lines += (name, b": ", value, b"\r\n")
            if name == b"content-length":
                length = int(value)
            elif name == b"connection" and value == b"close":
                self.keep_alive = close = False
        if length is None and status not in _WITHOUT_LENGTH:
            raise RuntimeError("an answer says its length")
        lines.append(b"connection: close\r\n\r\n" if close else b"\r\n")
        self._head, self._started, self.expects_continue = b"".join(lines), True, False
        self._length = 0 if length is None or self.scope["method"] == "HEAD" else length

    def _send_body(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            raise RuntimeError(f"the body of an answer is needed, not {message['type']}")
        body = b"" if self.scope["method"] == "HEAD" else message.get("body", b"")
        more = message.get("more_body", False)
        self._length -= len(body)
        if self._length < 0 or (self._length and not more):
            raise RuntimeError("the body of an answer is not as long as its length")
        head, self._head = self._head, b""
        if len(body) > HELD_BYTES:
            self._wire.write(head, body)
        else:
            self._wire.write(head + body)
        if not more:
            self.complete, self._body = True, b""
            self.tell()
            if not self.keep_alive:
                self._wire.close()
            self._answered()
