"""A connection without a socket: what its client sends, and what it gets."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from predictor.http_protocol import ScoringHttpProtocol

KEPT_SECONDS = 65
"""For which a connection is kept that had an answer."""
GET = b"GET /last HTTP/1.1\r\nHost: h\r\n\r\n"


def post(headers: bytes, body: bytes) -> bytes:
    return b"POST /score HTTP/1.1\r\nHost: h\r\n" + headers + b"\r\n" + body


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self.paused = False
        self.waiting = 0
        self.aborted = False

    def write(self, data):
        assert not self.closed, "written behind the end"
        self.written += data

    def close(self):
        self.closed = True

    def abort(self):
        self.closed = self.aborted = True

    def get_write_buffer_size(self):
        return self.waiting

    def is_closing(self):
        return self.closed

    def pause_reading(self):
        self.paused = True

    def resume_reading(self):
        self.paused = False


@dataclass(frozen=True)
class Answer:
    """One answer, taken apart."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict:
        return json.loads(self.body)


def answers(written: bytes) -> list[Answer]:
    """All answers with a length, in their order."""
    found = []
    while written:
        head, _, written = written.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", "0"))
        found.append(Answer(int(first.split()[1]), headers, written[:length]))
        written = written[length:]
    return found


@dataclass
class Conversation:
    """A connection with an application."""

    app: ASGIApp
    others: int = 0
    """Connections that are open beside it; two may be."""
    transport: Transport = field(default_factory=Transport)

    def __post_init__(self) -> None:
        config = uvicorn.Config(
            self.app,
            lifespan="off",
            log_config=None,
            ws="none",
            proxy_headers=False,
            timeout_keep_alive=KEPT_SECONDS,
        )
        config.load()
        self.state = ServerState()
        self.state.connections.update(object() for _ in range(self.others))
        self.connection = ScoringHttpProtocol(config=config, server_state=self.state, app_state={}, most_connections=2)
        self.connection.connection_made(self.transport)

    async def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.connection.data_received(piece)
            await asyncio.sleep(0)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(100):
            await asyncio.sleep(0)

    def end_sending(self) -> bool:
        """Whether the connection stays."""
        stays = self.connection.eof_received()
        if not stays:
            self.transport.close()
            self.end()
        return stays

    @property
    def answers(self) -> list[Answer]:
        return answers(self.transport.written)

    def end(self) -> None:
        self.connection.connection_lost(None)


def talked(app: ASGIApp, pieces: Sequence[bytes], behind: Callable[[Conversation], None] | None = None) -> Conversation:
    """A conversation in which the pieces were sent, and what `behind` does was done; it has ended."""

    async def talk() -> Conversation:
        conversation = Conversation(app)
        await conversation.send(*pieces)
        if behind is not None:
            behind(conversation)
            await conversation.settle()
        conversation.sent_away = conversation.transport.closed
        conversation.end()
        return conversation

    return asyncio.run(talk())
