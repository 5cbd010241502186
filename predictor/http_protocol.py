"""HTTP/1.1 as uvicorn and httptools read it, but for offers of another protocol, which are passed over.

A JDK's client offers HTTP/2 (`Upgrade: h2c`) with every request to an `http:` address. RFC 9110 (section 7.8) lets a
server ignore that. llhttp, below httptools, stops reading at the end of such a head, and uvicorn goes on without the
body: the request would be refused as empty, and its body read as the next request (Kludex/uvicorn issue 2722).
"""

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_OFFER = b"upgrade"
_TUNNEL = b"CONNECT"


class ScoringHttpProtocol(HttpToolsProtocol):  # type: ignore[misc]  # uvicorn's types are not followed
    """One connection."""

    parser: Any
    access_log: bool

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # Requests are counted, traced and logged by the gate. uvicorn would make a line of each for whoever listens at
        # the root logger, and throw it away where its level is not wanted.
        self.access_log = False

    def data_received(self, data: bytes) -> None:
        """Read what has come; the head of a request with an offer is read a second time, without it."""
        self._unset_keepalive_if_required()
        try:
            while data:
                data = self._rest_of(data)
        except httptools.HttpParserError:
            message = "Invalid HTTP request received."
            self.logger.warning(message)
            self.send_400_response(message)

    def on_headers_complete(self) -> None:
        """Begin the request, if it is not to be read a second time."""
        if not self._offers():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the request, if it is not to be read a second time."""
        if not self._offers():
            super().on_message_complete()

    def _rest_of(self, data: bytes) -> bytes:
        """Read, and give back what is to be read after that: nothing, or what llhttp stopped in front of."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as stopped:
            if not self._offers():  # a tunnel, which has been refused
                return b""
            head, rest = self._head_without_offer(), data[stopped.args[0] :]
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn makes it
            return head + rest
        return b""

    def _offers(self) -> bool:
        return bool(self.parser.should_upgrade()) and self.parser.get_method() != _TUNNEL

    def _head_without_offer(self) -> bytes:
        start = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        kept = [b"%b: %b" % header for header in self.headers if header[0] != _OFFER]
        return b"\r\n".join([start, *kept, b"", b""])
