"""A server whose answers a test decides: HTTP/1.1, kept alive."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Reply = tuple[int, bytes, dict[str, str]] | None
"""Status, body and headers; None: the connection is closed."""

REFUSED: Reply = (400, json.dumps({"error": "no", "request_id": "r"}).encode(), {"X-Request-Id": "r"})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, reply: Callable[[str, bytes], Reply]) -> None:
        self.reply = reply
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: object) -> None:
        """Nothing: clients that leave are what is tried here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5
    server: _Server

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # whatever the method is
            return self._answer
        raise AttributeError(name)

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        body = self.rfile.read(int(length)) if length.isdecimal() and len(length) < 9 else b""
        given = self.server.reply(self.path, body)
        if given is None:
            self.close_connection = True
            return
        status, content, headers = given
        self.send_response(status)
        for header in {"Content-Type": "application/json", **headers, "Content-Length": str(len(content))}.items():
            self.send_header(*header)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


@contextmanager
def fake_server(reply: Callable[[str, bytes], Reply]) -> Iterator[int]:
    """The port of a server that answers a path and a body with what `reply` gives."""
    with _Server(reply) as server:
        running = threading.Thread(target=server.serve_forever, args=(0.01,))
        running.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            running.join()
