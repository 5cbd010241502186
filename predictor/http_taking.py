"""How long a client lets us wait: with what it has to send, and with taking what was written to it.

An answer of ten megabytes waits in our memory until it is taken.
"""

import socket
import struct
from typing import Any

TAKEN_BYTES = 65_536
"""Bytes of an answer, or its rest, that are taken in each span of time."""


class Taking:
    """How much one client has taken, looked at every so often."""

    def __init__(self) -> None:
        self._taken = 0
        self._since: float | None = None
        """When that much had been taken; None: not looked at yet."""

    def too_slow(self, written: int, waiting: int, now: float, seconds: float) -> bool:
        """Whether it took `seconds` and more for less than `TAKEN_BYTES`.

        Args:
            written: bytes that were written since the connection was made.
            waiting: those of them that wait to be taken.
            now: on the monotonic clock, in seconds.
            seconds: the span of time.
        """
        taken = written - waiting
        if self._since is None or waiting == 0 or taken >= self._taken + TAKEN_BYTES:
            self._taken, self._since = taken, now
            return False
        return now - self._since >= seconds


class Unfinished:
    """How long one and the same thing is waited for, looked at every so often."""

    def __init__(self) -> None:
        self._thing: object = None
        self._since = 0.0

    def seconds(self, thing: object, now: float) -> float:
        """For how long it has been `thing` that is waited for; 0 for None, which is nothing.

        Args:
            thing: equal to itself for as long as the wait is one and the same.
            now: on the monotonic clock, in seconds.
        """
        if thing is None or thing != self._thing:
            self._thing, self._since = thing, now
        return now - self._since


def cut(transport: Any) -> None:
    """End a connection with all that its client has not taken."""
    peer = transport.get_extra_info("socket")
    if peer is not None:  # with a reset: otherwise the kernel would go on offering what it was given already
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
