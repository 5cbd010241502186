"""An HTTP answer as it is sent."""

from typing import NamedTuple

from starlette.types import Send

RawHeaders = tuple[tuple[bytes, bytes], ...]

_JSON_TYPE = (b"content-type", b"application/json")
_BINARY_TYPE = (b"content-type", b"application/octet-stream")


class HttpAnswer(NamedTuple):
    """Status, headers (without the length) and body."""

    status: int
    content: bytes
    headers: RawHeaders = (_JSON_TYPE,)

    async def send(self, send: Send) -> None:
        """Send it whole."""
        length = (b"content-length", b"%d" % len(self.content))
        await send({"type": "http.response.start", "status": self.status, "headers": [*self.headers, length]})
        await send({"type": "http.response.body", "body": self.content})


def json_answer(content: bytes, *, status: int = 200, headers: RawHeaders = ()) -> HttpAnswer:
    """An answer of JSON."""
    return HttpAnswer(status, content, (_JSON_TYPE, *headers))


def binary_answer(content: bytes, *, headers: RawHeaders = ()) -> HttpAnswer:
    """An answer of raw bytes."""
    return HttpAnswer(200, content, (_BINARY_TYPE, *headers))
