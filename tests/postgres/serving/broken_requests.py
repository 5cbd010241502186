"""What is no whole HTTP request, or too much at once, as bytes; each is refused, and then its connection ends."""

from dataclasses import dataclass

from predictor.http_head import HEAD_BYTES, HEADER_LINES
from predictor.http_protocol import PIPELINED
from predictor.settings import Limits
from tests.postgres.serving.requests import INFER

PLAIN = b"GET /v2/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
"""A good request."""
IN_FRONT = 2
"""Good requests in front of each on the same connection."""

KEPT_SECONDS = 65
"""How long a connection is kept after an answer: what KServe tells uvicorn."""

_HEAD = f"POST {INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_OVER = Limits().body_bytes + 1
_NO_HTTP = "no HTTP/1.1 request: "


@dataclass(frozen=True)
class Broken:
    """Bytes, and what they get."""

    name: str
    sent: bytes
    says: str
    status: int = 400
    headed: bool = False
    """Whether its head was whole, so that it is counted by its path."""
    late: bool = False
    """Whether it is refused for its rest, which does not come in time."""
    answered: int = IN_FRONT
    """Good requests that are answered first: those in front, and those that it begins with."""


def _get(lines: bytes, target: bytes = b"/v2") -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n" + lines + b"\r\n"


BROKEN = (
    Broken("noise", b"GARBAGE\r\n\r\n", _NO_HTTP + "Invalid method encountered"),
    Broken("the hello of TLS", b"\x16\x03\x01\x02\x00\x01\x00", _NO_HTTP + "Invalid method encountered"),
    Broken("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", _NO_HTTP),
    Broken("a version that is none", b"GET /v2 HTTP/9.9\r\nHost: localhost\r\n\r\n", _NO_HTTP + "Invalid HTTP version"),
    Broken(
        "a tunnel",
        b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        "request line: it asks for a tunnel, and there is none here",
    ),
    Broken(
        "a tunnel to a path",
        b"CONNECT http://a/v2 HTTP/1.1\r\nHost: a\r\n\r\n",
        "request line: it asks for a tunnel, and there is none here",
    ),
    Broken("a path beyond ASCII", _get(b"", "/é".encode()), _NO_HTTP + "Invalid char in url path"),
    Broken("a header name with a blank", _get(b"X y: z\r\n"), _NO_HTTP + "Invalid header token"),
    Broken("a header value with a NUL", _get(b"X: a\0b\r\n"), _NO_HTTP + "Invalid header value char"),
    Broken("a folded header line", _get(b"X: y\r\n z\r\n"), _NO_HTTP),
    Broken(
        "a length that is no number", _HEAD + b"Content-Length: x\r\n\r\n", _NO_HTTP + "Invalid character in Content-"
    ),
    Broken("two lengths", _HEAD + b"Content-Length: 2\r\n" * 2 + b"\r\n{}", _NO_HTTP + "Duplicate Content-Length"),
    Broken(
        "a length of what is chunked",
        _HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        _NO_HTTP + "Transfer-Encoding can't be present with Content-Length",
    ),
    Broken(
        "a coding that is not chunked at its end",
        _HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n",
        _NO_HTTP + "Invalid `Transfer-Encoding` header value",
    ),
    Broken(
        "a chunk whose size is no number",
        _CHUNKED + b"2\r\n{}\r\nx\r\n",
        _NO_HTTP + "Invalid character in chunk size",
        headed=True,
    ),
    Broken(
        "a path over the limit of a head",
        _get(b"", b"/" + b"x" * HEAD_BYTES),
        f"head: over the limit of {HEAD_BYTES} bytes",
        431,
    ),
    Broken(
        "a header over the limit of a head",
        _get(b"X: " + b"y" * HEAD_BYTES + b"\r\n"),
        f"head: over the limit of {HEAD_BYTES} bytes",
        431,
    ),
    Broken(
        "too many header lines",
        _get(b"X: y\r\n" * HEADER_LINES),
        f"head: {HEADER_LINES + 1} header lines; at most {HEADER_LINES} are read",
        431,
    ),
    Broken("a header without an end", _get(b"X: " + b"y" * 1_000_000)[:-4], "head: over the limit of ", 431),
    Broken(
        "trailers without an end",
        _CHUNKED + b"2\r\n{}\r\n0\r\nX: " + b"y" * 1_000_000,
        "head: over the limit of ",
        431,
        headed=True,
    ),
    Broken(
        "a body over the limit that is only announced (`Expect`)",
        _HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % _OVER,
        f"body: over the limit of {Limits().body_bytes} bytes",
        413,
        headed=True,
    ),
    # One is being answered while the others wait.
    Broken(
        "more requests at once than wait on a connection",
        PLAIN * PIPELINED,
        f"connection: {PIPELINED} requests wait for their turn on it already",
        429,
        answered=1 + PIPELINED,
    ),
    Broken("half a head, and no more in time", PLAIN[:-3], "head: did not come within ", 408, late=True),
    Broken(
        "half a body, and no more in time",
        _HEAD + b"Content-Length: 9\r\n\r\n{",
        "body: did not come within ",
        408,
        headed=True,
        late=True,
    ),
)
