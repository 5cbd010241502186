"""Choosing a port to listen on."""

import socket

from blink.settings import SettingsError

TRIES = 100


def choose_port(host: str, wanted: int | None, preferred: int) -> int:
    """The port that was asked for, else `preferred` or the next free one above it.

    Raises:
        SettingsError: where the port asked for is taken, or none of the `TRIES` from `preferred` on is free.
    """
    if wanted is not None:
        if not _is_free(host, wanted):
            raise SettingsError(f"port {wanted} on {host} is taken: name another one, or none to get the next free")
        return wanted
    for port in range(preferred, preferred + TRIES):
        if _is_free(host, port):
            return port
    raise SettingsError(f"no free port from {preferred} to {preferred + TRIES - 1} on {host}")


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: a port whose last connections still linger is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
