"""Limits of a request's head, and the head without an offer of another protocol."""

from predictor.errors import HeadTooLargeError
from predictor.http_scope import RawHeaders

HEAD_BYTES = 65_536
"""Most bytes of a head."""
HEADER_LINES = 100
"""Most header lines of a head."""
PIECE = 65_536
"""Bytes that are read between two looks at the limits; uvloop gives up to 256,000 at once."""

_OFFER = b"upgrade"


def check_head(url: bytes, headers: RawHeaders) -> None:
    """Do nothing where the head is within the limits; one that came in a single piece has not too many bytes.

    Raises:
        HeadTooLargeError: naming the limit.
    """
    if len(headers) > HEADER_LINES:
        raise HeadTooLargeError(f"head: {len(headers)} header lines; at most {HEADER_LINES} are read")
    if len(url) + sum(len(name) + len(value) + len(b": \r\n") for name, value in headers) > HEAD_BYTES:
        raise HeadTooLargeError(f"head: over the limit of {HEAD_BYTES} bytes")


def check_unfinished(read: int, headers: RawHeaders) -> None:
    """Do nothing where a head, or trailers, of which so much was read may still end within the limits.

    The piece in which they began may hold other things too.

    Raises:
        HeadTooLargeError: where they go on and on.
    """
    if read > HEAD_BYTES + PIECE or len(headers) > HEADER_LINES:
        raise HeadTooLargeError(f"head: over the limit of {HEAD_BYTES} bytes or {HEADER_LINES} header lines")


def without_offer(method: bytes, url: bytes, version: str, headers: RawHeaders) -> bytes:
    """A head as it would be sent without the offer."""
    start = b"%b %b HTTP/%b" % (method, url, version.encode())
    kept = [b"%b: %b" % header for header in headers if header[0] != _OFFER]
    return b"\r\n".join([start, *kept, b"", b""])
