"""Bodies of HTTP requests, read up to a limit and only of the types that are understood."""

from collections.abc import Sequence

from starlette.requests import Request

from predictor.errors import BadInputError, MediaTypeError, TooLargeError

JSON = "application/json"
BINARY = "application/octet-stream"
JSON_LENGTH_HEADER = "inference-header-content-length"

_LONGEST_KEY = 255
# A client that sends a little too much gets its answer after it has sent all; one that sends without end does not.
_DRAINED = 16


async def read_body(request: Request, *, limit: int, types: Sequence[str], untyped: bool = False) -> bytes:
    """The whole body.

    Args:
        request: of which nothing was read yet.
        limit: most bytes.
        types: media types that are accepted.
        untyped: whether a body without a media type is accepted.

    Raises:
        MediaTypeError: where it is of another type, or compressed.
        TooLargeError: where it is longer, with or without a Content-Length.
    """
    _check_type(request, types, untyped=untyped)
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > limit and request.headers.get("expect"):
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit * _DRAINED:
            raise _too_large(limit)
        if size <= limit:
            chunks.append(chunk)
    if size > limit:
        raise _too_large(limit)
    return b"".join(chunks)


def json_length(request: Request) -> int | None:
    """Bytes of JSON before binary parts; None where there are no binary parts.

    Raises:
        BadInputError: where the header is no number.
    """
    said = request.headers.get(JSON_LENGTH_HEADER)
    if said is None:
        return None
    if not (said.isascii() and said.isdecimal() and len(said) < 19):
        raise BadInputError("Inference-Header-Content-Length", "a number of bytes is needed")
    return int(said)


def idempotency_key(request: Request) -> str | None:
    """The header `Idempotency-Key`; None without it.

    Raises:
        BadInputError: where it is empty, too long, given twice, or not printable ASCII.
    """
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    key = keys[0].strip()
    if len(keys) > 1 or not (key.isascii() and key.isprintable() and 1 <= len(key) <= _LONGEST_KEY):
        raise BadInputError("Idempotency-Key", f"one key of 1 to {_LONGEST_KEY} printable ASCII characters is needed")
    return key


def _check_type(request: Request, types: Sequence[str], *, untyped: bool) -> None:
    given = request.headers.get("content-type", "")
    media_type = given.partition(";")[0].strip().lower()
    if media_type not in types and (media_type or not untyped):
        shown = f"not {media_type[:64]!r}" if media_type else "but none is given"
        raise MediaTypeError(f"Content-Type: {' or '.join(types)} is needed, {shown}")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise MediaTypeError(f"Content-Encoding: bodies are read uncompressed, not {encoding[:64]!r}")


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"body: over the limit of {limit} bytes")
