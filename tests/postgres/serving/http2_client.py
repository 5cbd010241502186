"""A client of gRPC that writes HTTP/2's frames itself, and so can leave out what gRPC's own always does (RFC 9113)."""

import socket
import struct
from dataclasses import dataclass

from tests.unit.predictor.serving_example import Server

DATA, HEADERS, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0x0, 0x1, 0x4, 0x6, 0x7, 0x8
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_ACK, _END_STREAM, _END_HEADERS = 0x1, 0x1, 0x4
_MAX_CONCURRENT_STREAMS = 0x3
_MOST = 16_384
"""Bytes of a frame."""
_WINDOW = 65_535
"""Bytes that each side may send before the other has made room: of all calls, and of each."""


@dataclass(frozen=True)
class Frame:
    """One that the server sent."""

    kind: int
    flags: int
    stream: int
    content: bytes

    @property
    def acknowledges(self) -> bool:
        """Of SETTINGS and PING."""
        return bool(self.flags & _ACK)

    @property
    def ends_stream(self) -> bool:
        """Of DATA and HEADERS."""
        return bool(self.flags & _END_STREAM)


class Http2Client:
    """One connection, on which the answers may take 65,535 bytes until room is made for more."""

    def __init__(self, server: Server) -> None:
        address = (server.listening.host, server.listening.grpc_port)
        self._socket = socket.create_connection(address, timeout=60)
        self._socket.sendall(_PREFACE + _frame(SETTINGS, 0, 0, b""))
        self._streams = 1

    def close(self) -> None:
        self._socket.close()

    def call(self, method: str, message: bytes) -> int:
        """Begin a call, and give its stream; of all calls' messages together 65,535 bytes can be sent."""
        assert len(message) + 5 <= _WINDOW
        stream, self._streams = self._streams, self._streams + 2
        fields = {
            ":method": "POST",
            ":scheme": "http",
            ":path": f"/inference.GRPCInferenceService/{method}",
            ":authority": "localhost",
            "te": "trailers",
            "content-type": "application/grpc",
        }
        body = struct.pack(">BI", 0, len(message)) + message
        parts = [body[begin : begin + _MOST] for begin in range(0, len(body), _MOST)]
        data = [_frame(DATA, _END_STREAM if part is parts[-1] else 0, stream, part) for part in parts]
        head = _frame(HEADERS, _END_HEADERS, stream, b"".join(map(_literal, fields, fields.values())))
        self._socket.sendall(head + b"".join(data))
        return stream

    def next_frame(self) -> Frame | None:
        """The next frame; None where the server has ended the connection."""
        head = self._exactly(9)
        if head is None:
            return None
        content = self._exactly(int.from_bytes(head[:3]))
        return None if content is None else Frame(head[3], head[4], int.from_bytes(head[5:]), content)

    def acknowledge(self, frame: Frame) -> None:
        """That SETTINGS have come, or a sign of life for PING."""
        self._socket.sendall(_frame(frame.kind, _ACK, 0, frame.content if frame.kind == PING else b""))

    def make_room(self, stream: int, count: int) -> None:
        """Let the answer on a stream have so many bytes more."""
        room = struct.pack(">I", count)
        self._socket.sendall(_frame(WINDOW_UPDATE, 0, 0, room) + _frame(WINDOW_UPDATE, 0, stream, room))

    def _exactly(self, count: int) -> bytes | None:
        read = b""
        while len(read) < count:
            try:
                part = self._socket.recv(count - len(read))
            except ConnectionResetError:
                return None
            if not part:
                return None
            read += part
        return read


def most_streams(settings: Frame) -> int | None:
    """How many calls a client may have at once, where the server says it."""
    pairs = struct.iter_unpack(">HI", settings.content)
    return dict(pairs).get(_MAX_CONCURRENT_STREAMS)


def _frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    return len(content).to_bytes(3) + struct.pack(">BBI", kind, flags, stream) + content


def _literal(name: str, value: str) -> bytes:
    # RFC 7541, section 6.2.2: neither is in a table, and neither is compressed.
    return bytes([0, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
