"""Requests whose headers, method or path are odd, while their framing is right."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from benchmarks.serving.draws import one_of
from benchmarks.serving.http_request import JSON_LENGTH, HttpRequest

RequestDamage = Callable[[np.random.Generator, HttpRequest], HttpRequest]

_TYPES = (
    *(b"", b"text/plain", b"application/JSON; charset=utf-16", b"application/json;", b";", b"application/x-protobuf"),
    *(b"multipart/form-data; boundary=x", b"application/json, text/plain", b"x" * 5000, b"\xe9", b"application/ json"),
    *(b"application/octet-stream", b"text/html; q=\"'<>", b"application/vnd.api+json"),
)
_ENCODINGS = (b"gzip", b"deflate", b"br", b"identity", b"", b"gzip, gzip", b"x" * 300, b"\xff", b"IDENTITY", b"chunked")
_KEYS = (
    *(b"", b" ", b"\xe9", b"x" * 255, b"x" * 256, b"x" * 5000, b"a b", b"'", b'"', b"k-1", b"k-2", b"k-3"),
    *(b"\xf0\x9f\x98\x80", b"null", b"0", b"a,b"),
)
_OTHERS = (
    *((b"X-Request-Id", value) for value in (b"", b"x" * 128, b"x" * 129, b"\xff", b"a b", b"<b>", b'"}')),
    *((b"traceparent", value) for value in (b"", b"00-0-0-0", b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01")),
    (b"traceparent", b"01-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01-" + b"\xff" * 100),
    *((b"Accept", value) for value in (b"", b"text/html", b"*/*;q=0", b"\xff")),
    *((b"Accept-Encoding", b"gzip, br;q=0"), (b"Range", b"bytes=0-1"), (b"If-None-Match", b"*"), (b"If-Match", b'"x"')),
    *((b"Authorization", b"Basic \xff"), (b"Cookie", b"a=" + b"x" * 8000), (b"Origin", b"null"), (b"X", b"y" * 20_000)),
    *(
        (b"X-HTTP-Method-Override", b"DELETE"),
        (b"X-Forwarded-For", b"\x27"),
    ),
    *((b"Expect", b"100-continue"), (b"Expect", b"200-ok"), (b"TE", b"trailers"), (b"Keep-Alive", b"timeout=0")),
    *((b"Upgrade", b"h2c"), (b"Upgrade", b"websocket"), (b"Connection", b"keep-alive"), (b"Via", b"1.0 x")),
)
_METHODS = (b"GET", b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS", b"TRACE", b"PROPFIND", b"REPORT", b"SEARCH")
_PATHS = (
    *(
        b"/",
        b"//",
        b"/v2",
        b"/v2/",
        b"/score/",
        b"/SCORE",
        b"/score?x=1",
        b"/score%00",
        b"/%73core",
        b"/score;x",
        b"/..",
    ),
    *(b"/v2/models//infer", b"/v2/models/other/infer", b"/v2/models/cash_advance/infer/", b"/v1/models/other:predict"),
    *(
        b"/v2/models/cash_advance/versions//infer",
        b"/v2/models/cash_advance/versions/%ff/infer",
        b"/v2/models/%2e%2e/infer",
    ),
    *(b"/v1/models/cash_advance:", b"/v1/models/cash_advance:load", b"/v1/models/:predict", b"/v1/models/a:b:predict"),
    *(
        b"/v2/models/" + b"x" * 6000 + b"/infer",
        b"/v2/repository/models/cash_advance/unload",
        b"/openapi.json",
        b"/metrics",
    ),
    *(b"/v2/health/ready", b"/v2/models/cash_advance", b"/v2/models/cash_advance/versions/x/ready", b"/docs", b"/%"),
)


def _offered(rng: np.random.Generator, request: HttpRequest) -> HttpRequest:
    offered = one_of(rng, (b"h2c", b"websocket", b"TLS/1.0", b"h2c, websocket", b"HTTP/3"))
    offer = ((b"Connection", b"Upgrade, HTTP2-Settings"), (b"HTTP2-Settings", b"AAMAAABk"), (b"Upgrade", offered))
    return replace(request, headers=(*request.headers, *offer))


def _other_type(rng: np.random.Generator, request: HttpRequest) -> HttpRequest:
    if rng.random() < 0.2:
        kept = tuple(header for header in request.headers if header[0] != b"Content-Type")
        return replace(request, headers=kept)
    return request.with_header(b"Content-Type", one_of(rng, _TYPES))


def _other_encoding(rng: np.random.Generator, request: HttpRequest) -> HttpRequest:
    return request.with_header(b"Content-Encoding", one_of(rng, _ENCODINGS))


def _other_key(rng: np.random.Generator, request: HttpRequest) -> HttpRequest:
    keyed = request.with_header(b"Idempotency-Key", one_of(rng, _KEYS))
    if rng.random() < 0.2:
        keyed = replace(keyed, headers=(*keyed.headers, (b"Idempotency-Key", one_of(rng, _KEYS))))
    return keyed


def _other_header(rng: np.random.Generator, request: HttpRequest) -> HttpRequest:
    added = tuple(one_of(rng, _OTHERS) for _ in range(int(rng.integers(1, 4))))
    return replace(request, headers=(*request.headers, *added))


def _many_headers(rng: np.random.Generator, request: HttpRequest) -> HttpRequest:
    added = tuple((b"X-%d" % number, b"y" * 20) for number in range(int(rng.integers(20, 90))))
    return replace(request, headers=(*request.headers, *added))


def _json_length(rng: np.random.Generator, request: HttpRequest) -> HttpRequest:
    odd = (b"", b"0", b"1", b"-5", b"999999", b"x", b"%d" % len(request.body), b"1" * 19)
    return request.with_header(JSON_LENGTH, one_of(rng, odd))


def _other_method(rng: np.random.Generator, request: HttpRequest) -> HttpRequest:
    return replace(request, method=one_of(rng, _METHODS))


def _other_path(rng: np.random.Generator, request: HttpRequest) -> HttpRequest:
    return replace(request, path=one_of(rng, _PATHS))


def _chunked(rng: np.random.Generator, request: HttpRequest) -> HttpRequest:
    sizes = tuple(int(size) for size in rng.integers(1, max(2, len(request.body)), int(rng.integers(1, 20))))
    return replace(request, chunks=sizes)


REQUEST_DAMAGE: Mapping[str, RequestDamage] = {
    "another Content-Type": _other_type,
    "another Content-Encoding": _other_encoding,
    "an odd Idempotency-Key": _other_key,
    "odd headers": _other_header,
    "many headers": _many_headers,
    "an offer of another protocol": _offered,
    "a JSON length": _json_length,
    "another method": _other_method,
    "another path": _other_path,
    "in chunks": _chunked,
}
