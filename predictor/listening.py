"""TCP sockets that servers on an event loop listen on."""

import socket


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
