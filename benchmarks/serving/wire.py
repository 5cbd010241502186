"""One HTTP/1.1 connection, of which every byte is read."""

import socket
from dataclasses import dataclass

_READ = 65_536


class WireError(Exception):
    """The connection ended, was silent too long, or brought what is no HTTP; the message says which."""


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """A whole answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in lower case."""
    body: bytes

    def header(self, name: str) -> str:
        """The last header of that name; empty without one."""
        return next((value for known, value in reversed(self.headers) if known == name), "")

    @property
    def closes(self) -> bool:
        """Whether the server says that it ends the connection."""
        return self.header("connection").lower() == "close"


class Wire:
    """A connection that is kept alive."""

    def __init__(self, host: str, port: int, *, seconds: float) -> None:
        """`seconds`: longest silence."""
        self._socket = socket.create_connection((host, port), timeout=seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = b""

    def close(self) -> None:
        """End it."""
        self._socket.close()

    def ask(self, sent: bytes, *, head_only: bool = False, seconds: float | None = None) -> WireAnswer:
        """Send bytes and read one answer; interim ones (1xx) are passed over.

        Args:
            sent: the request.
            head_only: whether the answer has no body, whatever its length says.
            seconds: longest silence, if not the connection's own.

        Raises:
            WireError: where no whole answer comes.
        """
        if seconds is not None:
            self._socket.settimeout(seconds)
        try:
            self._socket.sendall(sent)
        except OSError as error:
            # A server that refuses what it has read of a request closes before it has read all: its answer is there.
            if not isinstance(error, BrokenPipeError | ConnectionResetError):
                raise WireError(f"cannot send: {error}") from error
        answer = self._answer(head_only=head_only)
        while 100 <= answer.status < 200:
            answer = self._answer(head_only=head_only)
        return answer

    @property
    def left(self) -> bytes:
        """What came behind the last answer."""
        return self._left

    def _answer(self, *, head_only: bool) -> WireAnswer:
        while b"\r\n\r\n" not in self._left:
            self._more()
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = tuple((name.lower(), value) for name, _, value in (line.partition(": ") for line in lines))
        answer = WireAnswer(_status(first), headers, b"")
        if head_only or answer.status < 200 or answer.status in {204, 304}:
            return answer
        length = answer.header("content-length")
        if not length.isdecimal():
            raise WireError(f"an answer without its length: {head[:200]!r}")
        while len(self._left) < int(length):
            self._more()
        body, self._left = self._left[: int(length)], self._left[int(length) :]
        return WireAnswer(answer.status, headers, body)

    def _more(self) -> None:
        try:
            part = self._socket.recv(_READ)
        except TimeoutError as error:
            raise WireError("no answer in time") from error
        except OSError as error:
            raise WireError(f"the connection was reset: {error}") from error
        if not part:
            raise WireError("the server closed the connection")
        self._left += part


def _status(line: str) -> int:
    version, _, rest = line.partition(" ")
    status = rest[:3]
    if not (version.startswith("HTTP/1.") and status.isdecimal()):
        raise WireError(f"what is no answer: {line[:80]!r}")
    return int(status)
