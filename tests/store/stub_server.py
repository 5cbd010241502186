"""An HTTP server of objects by path, as Google Cloud Storage and the Hugging Face hub answer."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

COMMIT = "a" * 40


@dataclass
class Objects:
    contents: dict[str, bytes] = field(default_factory=dict)
    """By path, unquoted."""
    missing: tuple[int, dict[str, str]] = (404, {})
    """How what is not there is answered: status and headers."""
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Methods and paths, in order."""


@contextmanager
def stub_server(objects: Objects) -> Iterator[Objects]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(objects))
    objects.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield objects
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(objects: Objects) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self):
            self.do_GET()

        def do_GET(self):
            path = unquote(urlsplit(self.path).path)
            objects.asked.append((self.command, path))
            content = objects.contents.get(path)
            if content is None:
                status, headers = objects.missing
                self._answer(status, headers, b"")
            else:
                headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
                self._answer(200, headers, content)

        def _answer(self, status, headers, content):
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, *arguments):
            """Say nothing."""

    return Handler
