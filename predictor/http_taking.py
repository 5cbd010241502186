"""Whether a client takes what was written to it: an answer of ten megabytes waits in our memory until it does."""

import asyncio
import socket
import struct

TAKEN_BYTES = 65_536
"""Bytes of an answer, or its rest, that are taken in each span of time."""


class Taking:
    """What one client has not taken yet, looked at every so often."""

    def __init__(self) -> None:
        self._waiting = 0
        self._since = 0.0

    def too_slow(self, waiting: int, now: float, seconds: float) -> bool:
        """Whether it took `seconds` and more for less than `TAKEN_BYTES`.

        Args:
            waiting: bytes that wait to be taken.
            now: on the monotonic clock, in seconds.
            seconds: the span of time.
        """
        # More than before can only wait where the next answer was written, which is when most of the last is taken.
        if waiting == 0 or waiting > self._waiting or waiting <= self._waiting - TAKEN_BYTES:
            self._waiting, self._since = waiting, now
            return False
        return now - self._since >= seconds


def cut(transport: asyncio.Transport) -> None:
    """End a connection with all that its client has not taken."""
    peer = transport.get_extra_info("socket")
    if peer is not None:  # with a reset: otherwise the kernel would go on offering what it was given already
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
