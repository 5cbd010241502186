"""HTTP/1.1 as uvicorn and httptools read it, with some things of our own.

- Offers of another protocol are passed over. A JDK's client offers HTTP/2 (`Upgrade: h2c`) with every request to an
  `http:` address. RFC 9110 (section 7.8) lets a server ignore that. llhttp, below httptools, stops reading at the end
  of such a head, and uvicorn goes on without the body: the request would be refused as empty, and its body read as the
  next request (Kludex/uvicorn issue 2722).
- What is no HTTP, too long a head and what does not come are refused in their turn, as the application refuses.
  uvicorn would write its 400 in front of the answers to good requests that it has read before, and close.
- Trailers are dropped (RFC 9110, section 6.5.1). uvicorn appends them to the headers.
- Where a connection is lost, the request that is being answered is told. uvicorn tells the last that it read, and the
  answer to one before that is written to a closed connection, which uvloop takes for a fault of ours.
- Who ends his side of the connection behind whole requests gets their answers; nothing tells him from one who has left,
  until something is written. uvicorn closes.
- A connection has to take its answers, and a place among all.
"""

from enum import Enum, auto
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from predictor.errors import (
    HeadTooLargeError,
    MalformedError,
    PredictorError,
    SlowError,
    TooManyError,
    UnavailableError,
)
from predictor.http_body import LEFT, REFUSED_BODY, REFUSED_HEAD
from predictor.http_taking import CountingTransport, Taking, cut

HEAD_BYTES = 65_536
"""Most bytes of a head."""
PIPELINED = 64
"""Most requests that wait on a connection for the answer to the one before."""
HEADER_LINES = 100
"""Most header lines of a head."""

_PIECE = 65_536
"""Bytes that are read between two looks at the limits; uvloop gives up to 256,000 at once."""
_OFFER = b"upgrade"
_TUNNEL = b"CONNECT"
_NOBODY = object()


class _Stage(Enum):
    """What of a request has come."""

    NOTHING = auto()
    """Or all of it."""
    HEAD = auto()
    BODY = auto()


class ScoringHttpProtocol(HttpToolsProtocol):  # type: ignore[misc]  # uvicorn's types are not followed
    """One connection."""

    parser: Any
    access_log: bool
    headers: list[tuple[bytes, bytes]]
    url: bytes

    def __init__(self, *arguments: Any, most_connections: int, **named: Any) -> None:
        """`most_connections` may be open at once in all; who comes beyond them is told to come later."""
        super().__init__(*arguments, **named)
        self._most_connections = most_connections
        self._too_many = False
        """Whether there is no place for it."""
        self._taken_at_the_end: int | None = None
        """Bytes that its client had taken when it was last looked at for giving it up."""
        # Requests are counted, traced and logged by the gate. uvicorn would make a line of each for whoever listens at
        # the root logger, and throw it away where its level is not wanted.
        self.access_log = False
        self._whole: Any = None
        """The scope of the last request that has come whole."""
        self._pending = 0
        """Bytes of unfinished pieces since a request began, or since its body grew."""
        self._segments = 0
        self._refused = False
        self._watched: tuple[Any, int] = (_NOBODY, 0)
        self._watched_since = 0.0
        self._taking = Taking()
        self._running: Any = None
        """The cycle of the request that is being answered, or was last."""

    def connection_made(self, transport: Any) -> None:
        """Begin, if there is a place."""
        super().connection_made(transport)
        self.transport = CountingTransport(transport)
        self._too_many = len(self.connections) > self._most_connections

    def eof_received(self) -> bool:
        """Whether the connection stays: for answers to what came whole; behind them it ends."""
        if self.cycle is None or self.cycle.response_complete:
            return False
        stage = self._stage()
        if not self._refused and stage is _Stage.BODY and self.cycle is self._running:
            return False  # who reads its body is told that its client has left
        if not self._refused and stage is not _Stage.NOTHING:
            self._refuse(MalformedError("request: its client ended the connection before it was whole"))
        self.cycle.keep_alive = False
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request that is being answered, and forget those behind it."""
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.scope["state"][LEFT] = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what has come; the head of a request with an offer is read a second time, without it."""
        self._unset_keepalive_if_required()
        if self._refused:  # nothing after that is a request; it is taken all the same, so that the close resets nothing
            return
        self._segments += 1
        try:
            while data:
                data = self._rest_of(data)
        except httptools.HttpParserError as error:
            self._refuse(_refusal(error))
        except PredictorError as error:
            self._refuse(error)

    def on_headers_complete(self) -> None:
        """Begin the request, if its head is short enough and is not to be read a second time."""
        if self._pending or len(self.headers) > HEADER_LINES:
            self._check_head()
        if self._offers():
            return
        if self._too_many:
            raise UnavailableError(f"connection: {self._most_connections} are open already")
        if self.parser.get_http_version() == "1.0":
            self.expect_100_continue = False  # RFC 9110, section 10.1.1: it would take a 100 for the answer
        if len(self.pipeline) >= PIPELINED:
            # uvicorn stops reading then, but not the piece that it has, which may hold thousands.
            raise TooManyError(f"connection: {PIPELINED} requests wait for their turn on it already")
        super().on_headers_complete()
        self._pending = 0
        self.headers = []  # what comes now are trailers

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        self._pending = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request, if it is not to be read a second time."""
        if self._offers():
            return
        super().on_message_complete()
        self._pending = 0
        self._whole = self.scope

    def look(self, now: float, seconds: float) -> None:
        """End what a client has left unfinished; called about once a second instead of a timer a request.

        A head has to come within `seconds`, and so has each further part of a body: otherwise it is a 408. A
        connection on which nothing was begun for so long is closed. One whose client takes its answer too slowly is
        cut, the rest of the answer with it.
        """
        if self._taking.too_slow(self.transport.written, self._untaken(), now, seconds):
            cut(self.transport)
            return
        if self._too_many and not self._refused:
            self.transport.close()
            return
        stage = self._stage()
        watched = (self.scope, self._segments if stage is _Stage.BODY else 0)
        if self._nothing_due(stage) or watched[0] is not self._watched[0] or watched[1] != self._watched[1]:
            self._watched, self._watched_since = watched, now
        elif now - self._watched_since < seconds:
            pass
        elif stage is _Stage.NOTHING:
            self.transport.close()
        else:
            what = "head" if stage is _Stage.HEAD else "body"
            self._refuse(SlowError(f"{what}: did not come within {seconds:g} s"))

    def give_up_waiting(self) -> None:
        """The server ends: refuse a request whose body is still to come, keep no answer for who does not take it.

        Called again and again; who has taken something since the last time is let go on.
        """
        untaken = self._untaken()
        before, self._taken_at_the_end = self._taken_at_the_end, self.transport.written - untaken
        if untaken and (self.flow.write_paused or self.cycle.response_complete):
            if before == self._taken_at_the_end:
                cut(self.transport)
        elif self._stage() is _Stage.BODY and not self._refused:
            self._refuse(SlowError("body: had not come when the server ended"))

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _rest_of(self, data: bytes) -> bytes:
        """Read a piece, and give back what is to be read after that; from where llhttp stopped, if it did."""
        piece = data if len(data) <= _PIECE else data[:_PIECE]
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as stopped:
            if not self._offers():  # a tunnel, which has been refused
                return b""
            head, rest = self._head_without_offer(), data[stopped.args[0] :]
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn makes it
            return head + rest
        if self.scope is not self._whole:
            self._check_unfinished(len(piece))
        return b"" if piece is data else data[_PIECE:]

    def _check_head(self) -> None:
        """Refuse a head that is too long; one that came in a single piece has not too many bytes."""
        if len(self.headers) > HEADER_LINES:
            raise HeadTooLargeError(f"head: {len(self.headers)} header lines; at most {HEADER_LINES} are read")
        if _head_bytes(self.url, self.headers) > HEAD_BYTES:
            raise HeadTooLargeError(f"head: over the limit of {HEAD_BYTES} bytes")

    def _check_unfinished(self, read: int) -> None:
        """Refuse a head, or trailers, that go on and on. The piece in which they began may hold other things too."""
        self._pending += read
        if self._pending > HEAD_BYTES + _PIECE or len(self.headers) > HEADER_LINES:
            raise HeadTooLargeError(f"head: over the limit of {HEAD_BYTES} bytes or {HEADER_LINES} header lines")

    def _stage(self) -> _Stage:
        if self.scope is None or self.scope is self._whole:
            return _Stage.NOTHING
        return _Stage.BODY if self.cycle is not None and self.cycle.scope is self.scope else _Stage.HEAD

    def _untaken(self) -> int:
        waiting: int = self.transport.get_write_buffer_size()
        return waiting

    def _nothing_due(self, stage: _Stage) -> bool:
        """Whether the client is not the one to be waited for."""
        if self._refused or self.flow.read_paused:
            return True
        if stage is _Stage.BODY:
            return bool(self.cycle.waiting_for_100_continue)
        if stage is _Stage.HEAD or self.cycle is None:
            return False
        return not self.cycle.response_complete or self.timeout_keep_alive_task is not None

    def _refuse(self, refusal: PredictorError) -> None:
        """Say so to the client after all that came before has been answered, and end the connection."""
        if self.transport.is_closing():
            return
        stage, self._refused = self._stage(), True
        if stage is not _Stage.BODY:
            self._begin_refusal(refusal, self.headers[:HEADER_LINES] if stage is _Stage.HEAD else [])
        elif self.cycle.response_complete:
            self.transport.close()
        else:  # whoever reads the body finds the refusal
            self.cycle.scope["state"][REFUSED_BODY] = refusal
        self.cycle.keep_alive = False
        self.cycle.message_event.set()
        self.flow.resume_reading()

    def _begin_refusal(self, refusal: PredictorError, headers: list[tuple[bytes, bytes]]) -> None:
        """Begin a request that stands for what was no whole one: uvicorn answers it in its turn."""
        known = bool(self.url)
        super().on_message_begin()
        self.url = b"/"
        self.scope["headers"] = headers
        self.scope["state"][REFUSED_HEAD] = refusal
        super().on_headers_complete()
        super().on_message_complete()
        if not known:  # the parser says the method of the request before
            self.scope["method"] = "GET"
        self._whole = self.scope

    def _offers(self) -> bool:
        return bool(self.parser.should_upgrade()) and self.parser.get_method() != _TUNNEL

    def _head_without_offer(self) -> bytes:
        start = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        kept = [b"%b: %b" % header for header in self.headers if header[0] != _OFFER]
        return b"\r\n".join([start, *kept, b"", b""])


def _refusal(error: httptools.HttpParserError) -> PredictorError:
    """What a fault of the parser, or of what it calls, is to the client; its texts quote nobody."""
    if isinstance(error.__context__, PredictorError):
        return error.__context__
    if isinstance(error, httptools.HttpParserCallbackError):  # uvicorn could not read the target
        return MalformedError("request line: its target is no path")
    return MalformedError(f"no HTTP/1.1 request: {error}")


def _head_bytes(url: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    return len(url) + sum(len(name) + len(value) + len(b": \r\n") for name, value in headers)
