"""Servers that are forks of one process, which has imported what they need: that takes a second and more each time.

Run by itself this file is that process: `server_forks.py FD` starts a server for each message that it gets.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Self

_LARGEST = 100_000
"""Bytes of a message: what a server is told, and the environment."""


class ServerFork:
    """A server's process, as `subprocess.Popen` shows it."""

    def __init__(self, told: Mapping[str, str | float]) -> None:
        self._ended: int | None = None
        self._news, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        reading, writing = os.pipe()
        self.stdout = os.fdopen(reading)
        message = json.dumps([told, dict(os.environ)]).encode()
        # This process's present standard error: a test may be capturing it.
        socket.send_fds(_starter(), [message], [writing, 2, theirs.fileno()])
        os.close(writing)
        theirs.close()
        self.pid = int(self._news.recv(_LARGEST))

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        with suppress(BlockingIOError, TimeoutError):
            return self.wait(timeout=0)
        return None

    def wait(self, timeout: float) -> int:
        """Its exit code; minus a signal's number where that ended it."""
        if self._ended is None:
            self._news.settimeout(timeout)
            self._ended = int(self._news.recv(_LARGEST))
        return self._ended

    def send_signal(self, number: int) -> None:
        """Nothing where it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.send_signal(signal.SIGKILL)
        self._news.close()
        self.stdout.close()


@cache
def _starter() -> socket.socket:
    """The way to the process, which is started once and ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, __file__, str(theirs.fileno())]
    # Who forks must have one thread, and OpenBLAS starts others when it is imported.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], env=environment)
    theirs.close()
    atexit.register(process.wait)
    atexit.register(ours.close)  # first: it is what ends the process
    return ours


# ------------------------------------------------------------------ in the process that forks


def _main(messages: socket.socket) -> None:
    """Return in each server that has ended, and at the end."""
    while True:
        message, handed, *_ = socket.recv_fds(messages, _LARGEST, 3)
        _reap()
        if not message:
            return
        if os.fork() == 0:
            messages.close()
            _keep(message, *handed)
            return
        for one in handed:
            os.close(one)


def _reap() -> None:
    """Take note of those who have waited for their server."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def _keep(message: bytes, output: int, errors: int, news: int) -> None:
    """Fork the server, and tell its number and its end."""
    server = os.fork()
    if server == 0:
        for given, own in ((output, 1), (errors, 2)):
            os.dup2(given, own)
        for one in (output, errors, news):
            os.close(one)
        _serve(*json.loads(message))
        return
    os.close(output)
    with suppress(BrokenPipeError), socket.socket(fileno=news) as telling:  # whoever asked may have ended
        telling.send(str(server).encode())
        _, status = os.waitpid(server, 0)
        telling.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _serve(told: Mapping[str, str | float], environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    serve_as(told)


if __name__ == "__main__":
    from serving_launcher import serve_as

    from predictor.kserve_import import kserve_server_only

    with kserve_server_only():
        import predictor.assembly  # noqa: F401
    import forest.native_engine
    import forest.treelite_engine  # noqa: F401

    _main(socket.socket(fileno=int(sys.argv[1])))
