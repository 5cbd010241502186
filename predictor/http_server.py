"""What a connection needs of uvicorn's server, and all that an upgrade of uvicorn may change for it."""

import asyncio
from typing import Any, Protocol

from starlette.types import ASGIApp


class ServerConfig(Protocol):
    """What a server was told: of `uvicorn.Config`, after its `load`."""

    loaded_app: ASGIApp
    timeout_keep_alive: float
    """Seconds for which a connection that had an answer is kept for another request."""


class ServerState(Protocol):
    """What all connections of a server share: of `uvicorn.server.ServerState`."""

    connections: set[Any]
    tasks: set[asyncio.Task[None]]
    """The server ends when these have, and the connections."""
    default_headers: list[tuple[bytes, bytes]]
    """Of every answer, the date among them; another list each second."""


class CommonHeaders:
    """Headers of all answers of a server, as lines."""

    def __init__(self, state: ServerState) -> None:
        """As they are in the state, whenever they are asked for."""
        self._state = state
        self._headers: object = None
        self._lines = b""

    def lines(self) -> bytes:
        """Header lines, each with its end."""
        headers = self._state.default_headers
        if headers is not self._headers:
            self._headers, self._lines = headers, b"".join([b"%b: %b\r\n" % header for header in headers])
        return self._lines
