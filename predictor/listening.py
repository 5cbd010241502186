"""TCP sockets that servers on an event loop listen on."""

import ctypes
import resource
import socket
import struct
import sys
from contextlib import suppress

_SO_ATTACH_FILTER = 26
_DROP_SYN = (
    (0x30, 0, 0, 13),  # load the byte of flags of the TCP header
    (0x54, 0, 0, 0x12),  # of these SYN and ACK
    (0x15, 0, 1, 0x02),  # where there is SYN alone,
    (0x06, 0, 0, 0),  # drop the packet;
    (0x06, 0, 0, 0xFFFFFFFF),  # else take it
)
"""In the words of Linux's socket filters (linux/filter.h): code, jump if true, jump if false, operand."""


def listening_socket(host: str, port: int, *, backlog: int = 2048, shared: bool = False) -> socket.socket:
    """A socket that listens on the port, 0 for any free one; `shared` with others that say so too.

    Raises:
        OSError: where the port is taken or the host is not ours.
    """
    listener = _bound(host, port, shared=shared)
    try:
        listener.listen(backlog)
    except OSError:
        listener.close()
        raise
    return listener


def reserved_port(host: str, port: int) -> socket.socket:
    """A socket that holds a port, 0 for any free one, for processes that are to share it; it gets no connection.

    Raises:
        OSError: where the port is taken, also by somebody who would share it, or the host is not ours.
    """
    with _bound(host, port, shared=False) as free:
        # Whoever listens there already would be found here; a socket that shares would join him in silence.
        free.listen(1)
        found: int = free.getsockname()[1]
    return _bound(host, found, shared=True)


def stop_connecting(listener: socket.socket) -> None:
    """Have the kernel make no more connections for this socket, while those that it has made can still be accepted.

    Closing a socket resets connections that nobody has accepted yet, whose clients may have sent a request. A client
    that is not connected asks again after a second, and then is refused, or gets another server. Where the kernel
    cannot do that (it is Linux's, socket(7)) nothing changes.
    """
    if sys.platform != "linux":
        return
    program = b"".join(struct.pack("HBBI", *instruction) for instruction in _DROP_SYN)
    code = ctypes.create_string_buffer(program)
    with suppress(OSError):
        listener.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(_DROP_SYN), ctypes.addressof(code))
        )


def most_connections() -> int:
    """How many HTTP connections leave enough of this process's descriptors for all else that it opens."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if most == resource.RLIM_INFINITY else most * 3 // 4


def _bound(host: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off on what it accepts; without it (as
    # socket.create_server leaves it) an answer waits 40 ms for the client's delayed acknowledgement.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound
