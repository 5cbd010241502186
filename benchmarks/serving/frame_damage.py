"""Bytes on a connection that are no HTTP request, or less or more than one: the server may end the connection."""

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.serving.draws import one_of, place_in
from benchmarks.serving.http_request import HttpRequest

FrameDamage = Callable[[np.random.Generator, HttpRequest], bytes]

_LENGTHS = (b"-1", b"x", b"", b"1e3", b"0x10", b"9" * 30, b"5, 6", b"+7", b"1 2", b"\xb2")
_LINES = (
    *(
        b"X y: z",
        b": x",
        b"X",
        b"X: a\0b",
        b"X: a\x7fb",
        b" folded",
        b"X:\ty",
        b"X: y\rZ: w",
        b"\xff\xfe: x",
        b"Transfer-Encoding: gzip",
    ),
    *(
        b"Transfer-Encoding: chunked, chunked",
        b"Content-Length: 3",
        b"Host: other",
        b"Connection: close",
        b"Connection: upgrade",
    ),
)
_STARTS = (
    *(b"GET", b"POST /score", b"POST /score HTTP/9.9", b"POST  /score HTTP/1.1", b"post /score HTTP/1.1", b"\0\1\2"),
    *(b"NOTHING /score HTTP/1.1", b"CONNECT x:1 HTTP/1.1", b"PRI * HTTP/2.0", b"POST http://x/score HTTP/1.1"),
    *(b"POST /\xff HTTP/1.1", b"POST /score HTTP/1.0", b"POST /score HTTP/0.9", b"POST \\score HTTP/1.1"),
)


def _head_changed(rng: np.random.Generator, request: HttpRequest) -> bytes:
    head, _, body = request.sent.partition(b"\r\n\r\n")
    changed = bytearray(head)
    for _ in range(int(rng.integers(1, 6))):
        changed[int(rng.integers(len(changed)))] = int(rng.integers(256))
    return bytes(changed) + b"\r\n\r\n" + body


def _wrong_length(rng: np.random.Generator, request: HttpRequest) -> bytes:
    true = b"Content-Length: %d" % len(request.body)
    near = b"%d" % max(0, len(request.body) + one_of(rng, (-100, -1, 1, 5, 1000, 10**7)))
    return request.sent.replace(true, b"Content-Length: " + (near if rng.random() < 0.6 else one_of(rng, _LENGTHS)))


def _odd_line(rng: np.random.Generator, request: HttpRequest) -> bytes:
    start, _, rest = request.sent.partition(b"\r\n")
    return start + b"\r\n" + one_of(rng, _LINES) + b"\r\n" + rest


def _odd_start(rng: np.random.Generator, request: HttpRequest) -> bytes:
    return one_of(rng, _STARTS) + b"\r\n" + request.sent.partition(b"\r\n")[2]


def _wrong_chunks(rng: np.random.Generator, request: HttpRequest) -> bytes:
    head = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" % request.path
    size = one_of(rng, (b"x", b"-1", b"", b"f" * 20, b"5;a=b", b"1\r", b"%x" % (len(request.body) + 3), b"2"))
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"\r\n" + request.body + b"\r\n0\r\n\r\n"


def _wrong_trailers(rng: np.random.Generator, request: HttpRequest) -> bytes:
    head = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" % request.path
    body = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n" % (len(request.body), request.body)
    return head + body + one_of(rng, _LINES) * one_of(rng, (1, 200)) + b"\r\n\r\n"


def _large_head(rng: np.random.Generator, request: HttpRequest) -> bytes:
    start, _, rest = request.sent.partition(b"\r\n")
    size, lines = one_of(rng, ((10, 101), (10, 5_000), (1_000, 90), (70_000, 1), (300_000, 1)))
    return start + b"\r\n" + (b"X: " + b"y" * size + b"\r\n") * lines + rest


def _behind_a_good_one(rng: np.random.Generator, request: HttpRequest) -> bytes:
    return request.sent + rng.bytes(int(rng.integers(1, 100)))


def _several_at_once(rng: np.random.Generator, request: HttpRequest) -> bytes:
    """Good ones, of which the client waits for one answer only."""
    return request.sent * int(rng.integers(2, 80))


def _cut(rng: np.random.Generator, request: HttpRequest) -> bytes:
    return request.sent[: max(1, place_in(rng, request.sent) - 1)]


def _noise(rng: np.random.Generator, request: HttpRequest) -> bytes:
    return rng.bytes(int(rng.integers(1, len(request.sent))))


FRAME_DAMAGE: Mapping[str, FrameDamage] = {
    "a head of changed bytes": _head_changed,
    "a wrong Content-Length": _wrong_length,
    "an odd header line": _odd_line,
    "an odd request line": _odd_start,
    "wrong chunks": _wrong_chunks,
    "wrong trailers": _wrong_trailers,
    "a head too large": _large_head,
    "noise behind a request": _behind_a_good_one,
    "several, answers left unread": _several_at_once,
    "a request cut off": _cut,
    "noise for a request": _noise,
}
