"""HTTP/1.1 as httptools reads it: one connection, its requests in their order, and its limits.

uvicorn accepts the connections and ends them; what it reads them with by default is not used (decision 19).

- Offers of another protocol are passed over. A JDK's client offers HTTP/2 (`Upgrade: h2c`) with every request to an
  `http:` address. RFC 9110 (section 7.8) lets a server ignore that. llhttp, below httptools, stops reading at the end
  of such a head, whose body would be read as the next request.
- What is no HTTP, too long a head and what does not come are refused in their turn, as the application refuses.
- Trailers are dropped (RFC 9110, section 6.5.1).
- Where a connection is lost, the request that is being answered is told.
- Who ends his side of the connection behind whole requests gets their answers; nothing tells him from one who has left,
  until something is written.
- A connection has to take its answers, and a place among all.
"""

import asyncio
from collections import deque
from enum import Enum, auto
from typing import cast

import httptools
from starlette.types import Scope

from predictor.errors import FaultError, MalformedError, PredictorError, SlowError, TooManyError, UnavailableError
from predictor.http_body import REFUSED_BODY, REFUSED_HEAD
from predictor.http_exchange import Exchange
from predictor.http_head import HEADER_LINES, PIECE, check_head, check_unfinished, without_offer
from predictor.http_scope import NO_TARGET, RawHeaders, Scopes
from predictor.http_server import CommonHeaders, ServerConfig, ServerState
from predictor.http_taking import Unfinished
from predictor.http_wire import Wire

PIPELINED = 64
"""Most requests that wait on a connection for the answer to the one before."""

_TUNNEL = b"CONNECT"


class _Stage(Enum):
    """What of a request has come."""

    NOTHING = auto()
    """Or all of it."""
    HEAD = auto()
    BODY = auto()


class ScoringHttpProtocol(asyncio.Protocol):
    """One connection, as uvicorn's server makes one. Called by httptools too (the methods `on_...`)."""

    _wire: Wire
    _scopes: Scopes

    def __init__(
        self, config: ServerConfig, server_state: ServerState, *, most_connections: int, **_uvicorns: object
    ) -> None:
        """A connection of a server with a `uvicorn.Config` and its state, to which uvicorn adds what is not needed.

        `most_connections` may be open at once in all; who comes beyond them is told to come later.
        """
        self._app = config.loaded_app
        self._keep_seconds = config.timeout_keep_alive
        self._server = server_state
        self._loop = asyncio.get_running_loop()
        self._most_connections = most_connections
        self._too_many = False
        """Whether there is no place for it."""
        self._parser = self._new_parser()
        self._url, self._expects_continue = b"", False
        self._headers: RawHeaders = []
        self._stage = _Stage.NOTHING
        self._begun = 0
        """Requests of which something has come."""
        self._pending = 0
        """Bytes of unfinished pieces since a request began, or since its body grew."""
        self._segments = 0
        self._refused = False
        self._running: Exchange | None = None
        """The one that is being answered, or was last."""
        self._last: Exchange | None = None
        """The one whose head came last."""
        self._waiting: deque[Exchange] = deque()
        """Those that come after the running one."""
        self._unfinished = Unfinished()

    # ------------------------------------------------------------------ asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, if there is a place."""
        self._wire = Wire(cast("asyncio.Transport", transport), CommonHeaders(self._server))
        self._scopes = Scopes(transport)
        self._server.connections.add(self)
        self._too_many = len(self._server.connections) > self._most_connections

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Tell the request that is being answered, and forget those behind it."""
        self._server.connections.discard(self)
        if self._running is not None and not self._running.complete:
            self._running.lost()
        self._wire.resume_writing()
        self._waiting.clear()
        # Each of them holds this connection: garbage is searched for seldom.
        del self._parser, self._running, self._last

    def eof_received(self) -> bool:
        """Whether the connection stays: for answers to what came whole; behind them it ends."""
        if self._last is None or self._last.complete:
            return False
        if not self._refused and self._stage is _Stage.BODY and self._last is self._running:
            return False  # who reads its body is told that its client has left
        if not self._refused and self._stage is not _Stage.NOTHING:
            self._refuse(MalformedError("request: its client ended the connection before it was whole"))
        self._last.keep_alive = False
        return True

    def data_received(self, data: bytes) -> None:
        """Read what has come; the head of a request with an offer is read a second time, without it."""
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

    def pause_writing(self) -> None:
        """The client has not taken what was written."""
        self._wire.pause_writing()

    def resume_writing(self) -> None:
        """It has taken enough."""
        self._wire.resume_writing()

    # ------------------------------------------------------------------ the parser's side

    def on_message_begin(self) -> None:
        """A request begins."""
        self._url, self._headers, self._expects_continue = b"", [], False
        self._stage = _Stage.HEAD
        self._begun += 1

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header line, or a trailer."""
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self._expects_continue = True
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Begin the request, if its head is short enough and is not to be read a second time."""
        if self._pending or len(self._headers) > HEADER_LINES:
            check_head(self._url, self._headers)
        if self._parser.get_method() == _TUNNEL:
            raise MalformedError("request line: it asks for a tunnel, and there is none here")
        if self._offers():
            return
        if self._too_many:
            raise UnavailableError(f"connection: {self._most_connections} are open already")
        if len(self._waiting) >= PIPELINED:
            # Reading is paused then, but a piece that is there may hold thousands.
            raise TooManyError(f"connection: {PIPELINED} requests wait for their turn on it already")
        version = self._parser.get_http_version()
        old = version == "1.0"
        self._begin(
            self._scopes.scope(self._method(), self._scopes.target(self._url), self._headers, version),
            keep_alive=not old and self._parser.should_keep_alive(),
            # RFC 9110, section 10.1.1: an old client would take a 100 for the answer.
            expects_continue=self._expects_continue and not old,
        )
        self._stage = _Stage.BODY
        self._pending = 0
        self._headers = []  # what comes now are trailers

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body, if anyone may still ask for it."""
        self._pending = 0
        if not self._offers() and self._last is not None and not self._last.complete:
            self._last.body_came(body)

    def on_message_complete(self) -> None:
        """End the request, if it is not to be read a second time."""
        if self._offers():
            return
        self._pending = 0
        self._stage = _Stage.NOTHING
        if self._last is not None and not self._last.complete:
            self._last.body_ended()

    # ------------------------------------------------------------------ the server's side

    def shutdown(self) -> None:
        """The server ends: behind what is being answered, or at once."""
        if self._last is None or self._last.complete:
            self._wire.close()
        else:
            self._last.keep_alive = False

    def look(self, now: float, seconds: float) -> None:
        """End what a client has left unfinished; called about once a second instead of a timer a request.

        A head has to come within `seconds`, and so has each further part of a body: otherwise it is a 408. A
        connection on which nothing was begun for so long is closed; of one that had an answer the server's
        configuration says how long it is kept. One whose client takes its answer too slowly is cut, the rest of the
        answer with it.
        """
        if self._wire.cut_if_too_slow(now, seconds):
            return
        if self._too_many and not self._refused:
            self._wire.close()
            return
        waited = self._unfinished.seconds(self._due(), now)
        if self._stage is _Stage.NOTHING:
            if waited >= (seconds if self._last is None else self._keep_seconds):
                self._wire.close()
        elif waited >= seconds:
            what = "head" if self._stage is _Stage.HEAD else "body"
            self._refuse(SlowError(f"{what}: did not come within {seconds:g} s"))

    def give_up_waiting(self) -> None:
        """The server ends: refuse a request whose body is still to come, keep no answer for who does not take it.

        Called again and again; who has taken something since the last time is let go on.
        """
        if self._wire.holds_untaken() and (self._wire.writing_paused or self._last is None or self._last.complete):
            self._wire.cut_if_nothing_taken()
        elif self._stage is _Stage.BODY and not self._refused:
            self._refuse(SlowError("body: had not come when the server ended"))

    # ------------------------------------------------------------------ inside

    def _new_parser(self) -> httptools.HttpRequestParser:
        parser = httptools.HttpRequestParser(self)
        # Behind a request that ends its connection others may have come: they are dropped with it, and no fault of it.
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return parser

    def _rest_of(self, data: bytes) -> bytes:
        """Read a piece, and give back what is to be read after that; from where llhttp stopped, if it did."""
        piece = data if len(data) <= PIECE else data[:PIECE]
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserUpgrade as stopped:
            version = self._parser.get_http_version()
            head = without_offer(self._parser.get_method(), self._url, version, self._headers)
            self._parser = self._new_parser()
            return head + data[stopped.args[0] :]
        if self._stage is not _Stage.NOTHING:
            self._pending += len(piece)
            check_unfinished(self._pending, self._headers)
        return b"" if piece is data else data[PIECE:]

    def _begin(self, scope: Scope, *, keep_alive: bool, expects_continue: bool) -> Exchange:
        """Answer a request, in its turn."""
        exchange = Exchange(scope, self._wire, self._answered, keep_alive=keep_alive, expects_continue=expects_continue)
        before, self._last = self._last, exchange
        if before is None or before.complete:
            self._start(exchange)
        else:
            self._wire.pause_reading()
            self._waiting.append(exchange)
        return exchange

    def _start(self, exchange: Exchange) -> None:
        self._running = exchange
        task = self._loop.create_task(exchange.run(self._app))
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    def _answered(self) -> None:
        """Begin to answer the next request."""
        if self._wire.closing:
            return
        self._wire.resume_reading()
        if self._waiting:
            self._start(self._waiting.popleft())

    def _due(self) -> object:
        """What the client is waited for with; None where it is not the one to be waited for."""
        if self._refused or self._wire.reading_paused:
            return None
        if self._stage is _Stage.BODY and self._last is not None:
            return None if self._last.expects_continue else (self._begun, self._stage, self._segments)
        if self._stage is _Stage.NOTHING and self._last is not None and not self._last.complete:
            return None
        return self._begun, self._stage

    def _refuse(self, refusal: PredictorError) -> None:
        """Say so to the client after all that came before has been answered, and end the connection."""
        if self._wire.closing:
            return
        stage, self._refused = self._stage, True
        if stage is not _Stage.BODY or self._last is None:
            self._begin_refusal(refusal, self._headers[:HEADER_LINES] if stage is _Stage.HEAD else [])
        elif self._last.complete:
            self._wire.close()
        else:  # whoever reads the body finds the refusal
            self._last.scope["state"][REFUSED_BODY] = refusal
            self._last.keep_alive = False
            self._last.tell()
        self._wire.resume_reading()

    def _begin_refusal(self, refusal: PredictorError, headers: RawHeaders) -> None:
        """Begin a request that stands for what was no whole one, and is answered in its turn."""
        # Before a target was read the parser says the method of the request before.
        scope = self._scopes.scope(self._method() if self._url else "GET", NO_TARGET, headers)
        scope["state"][REFUSED_HEAD] = refusal
        self._begin(scope, keep_alive=False, expects_continue=False).body_ended()
        self._stage = _Stage.NOTHING

    def _method(self) -> str:
        return self._parser.get_method().decode("ascii")

    def _offers(self) -> bool:
        return self._parser.should_upgrade()


def _refusal(error: httptools.HttpParserError) -> PredictorError:
    """What a fault of the parser, or of what it calls, is to the client; its texts quote nobody."""
    if isinstance(error.__context__, PredictorError):
        return error.__context__
    if isinstance(error, httptools.HttpParserCallbackError):
        fault = FaultError("a request could not be read, through no fault of its own")
        fault.__cause__ = error.__context__
        return fault
    return MalformedError(f"no HTTP/1.1 request: {error}")
