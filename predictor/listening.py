"""A TCP socket that listens, for servers on an event loop."""

import socket


def listening_socket(host: str, port: int, *, backlog: int = 2048) -> socket.socket:
    """A socket that listens on the port, 0 for any free one.

    Raises:
        OSError: where the port is taken or the host is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off on what it accepts; without it (as
    # socket.create_server leaves it) an answer waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(backlog)
    except OSError:
        listener.close()
        raise
    return listener
