"""A server whose answers a test decides: HTTP/1.1 by h11, kept alive."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import h11

Reply = tuple[int, bytes, dict[str, str]] | None
"""Status, body and headers; None: the connection is closed."""

REFUSED: Reply = (400, json.dumps({"error": "no", "request_id": "r"}).encode(), {"X-Request-Id": "r"})


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, reply: Callable[[str, bytes], Reply]) -> None:
        self.reply = reply
        super().__init__(("127.0.0.1", 0), _Connection)


class _Connection(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Answer until the client leaves, or what it sends is no HTTP."""
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=200_000)
        with suppress(h11.RemoteProtocolError, OSError):
            while (request := self._next(http)) is not None:
                body = b""
                while isinstance(part := self._next(http), h11.Data):
                    body += part.data
                if part is None or not self._answered(http, request, body):
                    return
                http.start_next_cycle()

    def _next(self, http: h11.Connection) -> h11.Event | None:
        while (event := http.next_event()) is h11.NEED_DATA:
            if http.they_are_waiting_for_100_continue:
                self.request.sendall(http.send(h11.InformationalResponse(status_code=100, headers=[])))
            http.receive_data(self.request.recv(65_536))
        return None if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed) else event

    def _answered(self, http: h11.Connection, request: h11.Request, body: bytes) -> bool:
        given = self.server.reply(request.target.decode("latin-1"), body)
        if given is None:
            return False
        status, content, headers = given
        named = {"Content-Type": "application/json", **headers, "Content-Length": str(len(content))}
        answer = http.send(h11.Response(status_code=status, headers=list(named.items())))
        if request.method != b"HEAD":
            answer += http.send(h11.Data(data=content))
        self.request.sendall(answer + http.send(h11.EndOfMessage()))
        return http.our_state is h11.DONE and http.their_state is h11.DONE


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
