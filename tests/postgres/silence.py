"""Databases that say nothing: processes that are stopped, and a network that carries nothing."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from blink.embedded import EmbeddedServer


@contextmanager
def stopped(server: EmbeddedServer) -> Iterator[None]:
    """All processes of a server are stopped, as those of a stopped host are; connecting is not even refused."""
    postmaster = psutil.Process(int((server.cluster / "postmaster.pid").read_text().split()[0]))
    processes = [postmaster]
    postmaster.suspend()  # first, so that it starts no others
    try:
        for process in postmaster.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.suspend()
                processes.append(process)
        yield
    finally:
        for process in reversed(processes):
            with suppress(psutil.NoSuchProcess):
                process.resume()


class StoppedSession:
    """One session of a server, stopped from when it is told until the end."""

    def __init__(self) -> None:
        self.pids: list[int] = []

    def stop(self, pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        self.pids.append(pid)

    def go_on(self) -> None:
        while self.pids:
            os.kill(self.pids.pop(), signal.SIGCONT)


class Wire:
    """TCP in front of a server's local socket. Cut, it carries nothing and closes nothing."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server
        self._carries = threading.Event()
        self._carries.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def cut(self) -> None:
        self._carries.clear()

    def mend(self) -> None:
        self._carries.set()

    def close(self) -> None:
        self.mend()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(str(Path(self._server.socket) / ".s.PGSQL.5432"))
            back = threading.Thread(target=self._carry, args=(server, client), daemon=True)
            back.start()
            self._carry(client, server)
            back.join()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(65536):
                self._carries.wait()
                sink.sendall(content)
            self._carries.wait()
            sink.shutdown(socket.SHUT_WR)
