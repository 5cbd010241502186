"""Bodies of HTTP requests, read up to a limit and only of the types that are understood."""

from collections.abc import Mapping, Sequence

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from predictor.errors import BadInputError, MediaTypeError, PredictorError, TooLargeError

Headers = Mapping[bytes, bytes]
"""By name in lower case; of a header that came twice the last."""

REFUSED_HEAD, REFUSED_BODY = "refused_head", "refused_body"
"""Where, in a request's state, the connection writes the error that there is instead of a head, or of more body."""
LEFT = "left"
"""Where the connection writes that the client has left, so that nothing more is sent."""

DRAINED = 16
"""Times the limit up to which a longer body is read to its end, before its refusal: its connection can go on."""

JSON = "application/json"
BINARY = "application/octet-stream"
JSON_LENGTH_HEADER = "inference-header-content-length"

_JSON_LENGTH = JSON_LENGTH_HEADER.encode()
_LONGEST_KEY = 255


def headers_of(scope: Scope) -> Headers:
    """The headers, as the gate has read them."""
    headers: Headers = scope["state"]["headers"]
    return headers


async def read_body(
    scope: Scope, receive: Receive, *, limit: int, types: Sequence[str], untyped: bool = False
) -> bytes:
    """The whole body.

    Args:
        scope: of the request.
        receive: its messages, of which none was taken yet.
        limit: most bytes.
        types: media types that are accepted.
        untyped: whether a body without a media type is accepted.

    Raises:
        MediaTypeError: where it is of another type, or compressed.
        TooLargeError: where it is longer, with or without a Content-Length.
        MalformedError, SlowError: where the connection finds that its end will not come.
        ClientDisconnect: where the client left before its end.
    """
    headers = headers_of(scope)
    _check_type(headers, types, untyped=untyped)
    if b"transfer-encoding" in headers:
        _check_coding(scope)
    if b"expect" in headers and _length(headers) > limit:
        raise _too_large(limit, read=False)
    body, more = await _next_part(receive)
    if not more and len(body) <= limit:
        return body
    return await _rest(body, scope, receive, limit, more=more)


def json_length(scope: Scope) -> int | None:
    """Bytes of JSON before binary parts; None where there are no binary parts.

    Raises:
        BadInputError: where the header is no number, or stands there twice.
    """
    said = headers_of(scope).get(_JSON_LENGTH)
    if said is None:
        return None
    if (count := len(_values(scope, _JSON_LENGTH))) > 1:
        raise BadInputError("Inference-Header-Content-Length", f"stands there {count} times; one is needed")
    if not (said.isdigit() and len(said) < 19):
        raise BadInputError("Inference-Header-Content-Length", "a number of bytes is needed")
    return int(said)


def idempotency_key(scope: Scope) -> str | None:
    """The header `Idempotency-Key`; None without it.

    Raises:
        BadInputError: where it is empty, too long, given twice, or not printable ASCII.
    """
    keys = _values(scope, b"idempotency-key")
    if not keys:
        return None
    key = str(keys[0].decode("latin-1")).strip()
    if len(keys) > 1 or not (key.isascii() and key.isprintable() and 1 <= len(key) <= _LONGEST_KEY):
        raise BadInputError("Idempotency-Key", f"one key of 1 to {_LONGEST_KEY} printable ASCII characters is needed")
    return key


def refused_head(scope: Scope) -> PredictorError | None:
    """Why this is no request: the connection has made it to answer what came instead of one; None where it is one."""
    refusal: PredictorError | None = scope["state"].get(REFUSED_HEAD)
    return refusal


async def _next_part(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


async def _rest(first: bytes, scope: Scope, receive: Receive, limit: int, *, more: bool) -> bytes:
    chunks, size = [first], len(first)
    while more:
        if REFUSED_BODY in scope["state"]:
            raise scope["state"][REFUSED_BODY]
        chunk, more = await _next_part(receive)
        size += len(chunk)
        if size > limit * DRAINED:
            break
        if size <= limit:
            chunks.append(chunk)
    if size > limit:
        raise _too_large(limit, read=not more)
    return b"".join(chunks)


def _check_type(headers: Headers, types: Sequence[str], *, untyped: bool) -> None:
    given = headers.get(b"content-type", b"").decode("latin-1")
    media_type = given.partition(";")[0].strip().lower()
    if media_type not in types and (media_type or not untyped):
        # What it says is not quoted: no header of a request is ever sent back.
        given = "another" if media_type else "none"
        raise MediaTypeError(f"Content-Type: {' or '.join(types)} is needed, but {given} is given")
    if b"content-encoding" in headers:
        encoding = headers[b"content-encoding"].decode("latin-1").strip().lower()
        if encoding != "identity":
            raise MediaTypeError("Content-Encoding: bodies are read uncompressed")


def _check_coding(scope: Scope) -> None:
    """Refuse what is coded as well as chunked: RFC 9112 (section 6.1) would have a 501, which is no fault of ours."""
    coding = b", ".join(_values(scope, b"transfer-encoding")).decode("latin-1").strip().lower()
    if coding != "chunked":
        raise MediaTypeError("Transfer-Encoding: bodies are read chunked and uncompressed")


def _length(headers: Headers) -> int:
    """What Content-Length says, or 0. It may have any number of leading zeros, and int() reads 4,300 digits at most."""
    said = headers.get(b"content-length", b"").lstrip(b"0")
    return int(said[:20]) if said.isdigit() else 0


def _values(scope: Scope, header: bytes) -> list[bytes]:
    return [value for name, value in scope["headers"] if name == header]


def _too_large(limit: int, *, read: bool) -> TooLargeError:
    return TooLargeError(f"body: over the limit of {limit} bytes", read=read)
