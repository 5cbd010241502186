"""KServe's ModelServer with the scoring model, on sockets of our own."""

import asyncio
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from functools import partial

import uvloop
from kserve.model_repository import ModelRepository
from kserve.model_server import ModelServer
from kserve.protocol.rest.server import RESTServer
from starlette.types import ASGIApp

from predictor.ending import TICK_SECONDS, Ending
from predictor.grpc_service import ScoringGrpcServer
from predictor.http_protocol import ScoringHttpProtocol
from predictor.listening import most_connections, stop_connecting

_log = logging.getLogger(__name__)

_NAME = "blinkscoring"
_LAST_SECONDS = 0.2
"""Time for connections that are being made at the end to be made, and to bring their request."""
_CLIENTS_PART = 0.8
"""The part of the time for running requests after which no more is waited for clients: for what they have to send, and
for who takes nothing."""
_GIVING_UP_PART = 0.1
"""That between two looks at who takes nothing."""


class ScoringRestServer(RESTServer):  # type: ignore[misc]  # KServe ships no types
    """KServe's REST server with the predictor's application in place of KServe's own paths."""

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        ending: Ending,
        *,
        goodbye_seconds: float,
        drain_seconds: int,
        receive_seconds: float,
        every_second: Callable[[], None],
    ) -> None:
        """`every_second` is called about so often, while the server runs."""
        self.port: int = listener.getsockname()[1]
        super().__init__(app, None, None, self.port, grace_period=drain_seconds)
        self.config.server_header = False
        self.config.proxy_headers = False  # nobody asks where a request came from
        self.config.lifespan = "off"
        self.config.http = partial(ScoringHttpProtocol, most_connections=most_connections())
        self.config.ws = "none"
        self._listener = listener
        self._ending = ending
        self._goodbye_seconds = goodbye_seconds
        self._drain_seconds = drain_seconds
        self._receive_seconds = receive_seconds
        self._every_second = every_second
        # uvicorn takes the signals over and would close idle connections at once, under requests on their way.
        self._server.handle_exit = lambda _signal, _frame: ending.begin()

    def create_application(self) -> None:
        """Nothing: the application is complete."""

    async def start(self) -> None:
        """Serve until the end begins, and until clients were sent away and running requests have ended."""
        serving = asyncio.ensure_future(self._server.serve(sockets=[self._listener]))
        looking = asyncio.ensure_future(self._look_every_second())
        try:
            await self._until_ended(serving)
        finally:
            looking.cancel()

    async def _until_ended(self, serving: asyncio.Future[None]) -> None:
        while not serving.done() and not self._ending.begun:  # noqa: ASYNC110 - set by signals, which wake nobody
            await asyncio.sleep(TICK_SECONDS)
        await self._say_goodbye()
        await self._accept_the_last()
        self._server.should_exit = True
        await asyncio.wait([serving], timeout=self._drain_seconds * _CLIENTS_PART)
        while not serving.done():
            self._of_each(lambda connection: connection.give_up_waiting())
            await asyncio.wait([serving], timeout=self._drain_seconds * _GIVING_UP_PART)
        await serving

    async def _look_every_second(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            now = time.monotonic()
            self._of_each(lambda connection: connection.look(now, self._receive_seconds))  # noqa: B023 - called at once
            try:
                self._every_second()
            except Exception:  # noqa: BLE001 - logged; looking goes on
                _log.exception("what is done every second failed; it is tried again")

    def _of_each(self, look: Callable[[ScoringHttpProtocol], None]) -> None:
        for connection in list(self._server.server_state.connections):
            try:
                look(connection)
            except Exception:  # noqa: BLE001 - logged; the others are looked at all the same
                _log.exception("a look at a connection failed")

    async def _say_goodbye(self) -> None:
        # Each answer carries `Connection: close` by now. What is closed unasked may meet a request on its way, so
        # connections are given the time to bring one more.
        until = time.monotonic() + self._goodbye_seconds
        open_ones = self._server.server_state.connections
        while open_ones and time.monotonic() < until:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(TICK_SECONDS)

    async def _accept_the_last(self) -> None:
        stop_connecting(self._listener)
        await asyncio.sleep(_LAST_SECONDS)


class ScoringServer(ModelServer):  # type: ignore[misc]  # KServe ships no types
    """One portfolio's server: HTTP and gRPC in one event loop."""

    def __init__(self, ending: Ending, *, version: str, drain_seconds: int) -> None:
        """`version` is that of this software, which both protocols say."""
        _quiet()
        self._ending = ending
        super().__init__(
            workers=1,
            registered_models=ModelRepository(),
            enable_grpc=False,
            enable_latency_logging=False,
            grace_period=drain_seconds,
        )
        # What the data plane says of the server; KServe has its own name and version there, and no way to another.
        self.dataplane._server_name, self.dataplane._server_version = _NAME, version  # noqa: SLF001

    def run(self, rest: ScoringRestServer, grpc_server: ScoringGrpcServer, announce: Callable[[int], None]) -> None:
        """Serve until `stop`, SIGINT or SIGTERM; `announce` is called with gRPC's port when both listen.

        Raises:
            ServerError: where gRPC cannot listen.
        """
        self._rest_server, self._grpc_server = rest, grpc_server
        self.register_signal_handler()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve_both(announce))

    def register_signal_handler(self) -> None:
        """End cleanly on SIGINT and SIGTERM; only a main thread may say so."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda signal_number, _frame: self.stop(signal_number))

    def stop(self, sig: int | None = None) -> None:  # noqa: ARG002 - KServe's signature
        """Take no more requests and end when the running ones have. Safe from any thread and from a signal."""
        self._ending.begin()

    async def _serve_both(self, announce: Callable[[int], None]) -> None:
        port = await self._grpc_server.listen()
        try:
            announce(port)
            await asyncio.gather(self._rest_server.start(), self._grpc_server.until_quiet(self._ending))
        finally:
            await self._grpc_server.stop()


def _quiet() -> None:
    # KServe and uvicorn tell of every start at INFO, partly on standard output, which belongs to `--json`. KServe gives
    # these loggers handlers of its own where "kserve" has none: what they log is to be written as all else is.
    for name in ("kserve", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
    kserve = logging.getLogger("kserve")
    if not kserve.handlers:
        kserve.addHandler(logging.NullHandler())
