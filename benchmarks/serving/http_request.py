"""An HTTP request as it is written to a socket."""

from dataclasses import dataclass, replace

Headers = tuple[tuple[bytes, bytes], ...]

JSON_TYPE = (b"Content-Type", b"application/json")
BINARY_TYPE = (b"Content-Type", b"application/octet-stream")
JSON_LENGTH = b"Inference-Header-Content-Length"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request whose framing is right, whatever is in it."""

    path: bytes
    body: bytes = b""
    method: bytes = b"POST"
    headers: Headers = (JSON_TYPE,)
    """But for Host and the body's length."""
    chunks: tuple[int, ...] = ()
    """Sizes of the chunks that the body is sent in, the rest in a last one; empty: with its length."""

    @property
    def sent(self) -> bytes:
        """All of its bytes."""
        length = (b"Transfer-Encoding", b"chunked") if self.chunks else (b"Content-Length", b"%d" % len(self.body))
        lines = [b"%b: %b" % header for header in ((b"Host", b"localhost"), *self.headers, length)]
        head = b"\r\n".join([b"%b %b HTTP/1.1" % (self.method, self.path), *lines, b"", b""])
        return head + (_chunked(self.body, self.chunks) if self.chunks else self.body)

    def with_header(self, name: bytes, value: bytes) -> "HttpRequest":
        """With one header of that name."""
        kept = tuple(header for header in self.headers if header[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))


def _chunked(body: bytes, sizes: tuple[int, ...]) -> bytes:
    parts, begin = [], 0
    for size in (*sizes, len(body)):
        if part := body[begin : begin + size]:
            parts.append(b"%x\r\n%b\r\n" % (len(part), part))
        begin += size
    return b"".join([*parts, b"0\r\n\r\n"])
