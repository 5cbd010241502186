"""The API and the loop in one process, until it is told to end."""

import logging
import socket
from collections.abc import Callable
from threading import Event, Thread

import uvicorn
from fastapi import FastAPI

from blink.settings import SettingsError
from predictor.listening import listening_socket

DRAIN_SECONDS = 20
"""For requests that have begun; less than the pod's grace."""

Work = Callable[[Event], None]


def serve(app: FastAPI, listener: socket.socket, work: Work, stop: Event) -> None:
    """Answer requests, and do `work` beside, until `stop` is set or either ends; both are ended then."""
    # uvicorn raises a signal again once it has ended: it gets none, in a thread, and our exit code is our own.
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )
    threads = (
        Thread(target=_ending(stop, lambda: server.run(sockets=[listener])), name="api"),
        Thread(target=_ending(stop, lambda: work(stop)), name="loop"),
    )
    for thread in threads:
        thread.start()
    stop.wait()
    server.should_exit = True
    for thread in threads:
        thread.join()


def control_listener(host: str, port: int) -> socket.socket:
    """A socket that listens on the port, 0 for any free one.

    Raises:
        SettingsError: where the port is taken or the host is not ours.
    """
    try:
        return listening_socket(host, port)
    except OSError as error:
        raise SettingsError(f"the control API cannot listen on {host}:{port}: {error.strerror}") from error


def log_to_stderr() -> None:
    """Say what happens, one line each; of others only what is wrong."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for room in ("blink", "rollout"):
        logging.getLogger(room).setLevel(logging.INFO)


def _ending(stop: Event, act: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        try:
            act()
        finally:
            stop.set()

    return run
