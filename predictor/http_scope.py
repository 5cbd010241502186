"""The scope of a request: what the ASGI specification has an application told of its head."""

import asyncio
from typing import cast
from urllib.parse import unquote

import httptools
from starlette.types import Scope

from predictor.errors import MalformedError

RawHeaders = list[tuple[bytes, bytes]]
Target = tuple[str, bytes, bytes]
"""Path, path as it was sent, and query string."""

NO_TARGET: Target = ("/", b"/", b"")
"""Of what stands for a request that was none."""

_ASGI = {"version": "3.0", "spec_version": "2.3"}


class Scopes:
    """Makes the scopes of one connection's requests."""

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self._server, self._client = _address(transport, "sockname"), _address(transport, "peername")
        self._last: tuple[bytes, Target] = (b"/", NO_TARGET)

    def target(self, url: bytes) -> Target:
        """What a request's target says.

        Raises:
            MalformedError: where it is no path.
        """
        if self._last[0] != url:  # most clients ask one and the same
            self._last = url, _target(url)
        return self._last[1]

    def scope(self, method: str, target: Target, headers: RawHeaders, version: str = "1.1") -> Scope:
        """A scope with a state of its own; the names of `headers` are in lower case."""
        path, raw_path, query = target
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": headers,
            "server": self._server,
            "client": self._client,
            "state": {},
        }


def _address(transport: asyncio.BaseTransport, name: str) -> tuple[str, int] | None:
    found = transport.get_extra_info(name)
    return cast("tuple[str, int]", found[:2]) if isinstance(found, tuple) else None


def _target(url: bytes) -> Target:
    try:
        parsed = httptools.parse_url(url)
    except httptools.HttpParserError:
        parsed = None
    if parsed is None or parsed.path is None:
        raise MalformedError("request line: its target is no path")
    path = parsed.path.decode("ascii")
    return unquote(path) if "%" in path else path, parsed.path, parsed.query or b""
