"""Several worker processes of one server, on the same ports: started, watched, started again, and ended together.

The kernel spreads connections over the workers (`SO_REUSEPORT`, socket(7)). Each loads its model by itself.
"""

import logging
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from predictor.errors import ServerError
from predictor.listening import reserved_port
from predictor.settings import Listening
from predictor.worker_metrics import forget_gauges
from predictor.worker_states import WorkerPlace, forget, state_of

_log = logging.getLogger(__name__)

Command = Callable[[WorkerPlace, Listening], Sequence[str]]
"""The command of a worker that listens on ports which it shares; it ends when its standard input is closed."""

_TICK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a supervisor waits."""

    first_seconds: float = 0.5
    """Before a worker that has ended is started again; doubled each time, up to the next."""
    most_seconds: float = 30.0
    steady_seconds: float = 60.0
    """A worker that has run for so long is started again at once, as if it had never ended before."""
    end_seconds: float = 60.0
    """At the end: after that long workers are killed."""


@dataclass
class _Worker:
    """One worker, whatever process it is now."""

    place: WorkerPlace
    process: subprocess.Popen[bytes]
    started_at: float
    failures: int = 0
    restart_at: float | None = field(default=None)


class Supervisor:
    """Keeps the workers of one server running until it is told to end."""

    def __init__(self, command: Command, *, workers: int, patience: Patience = Patience()) -> None:
        self._command = command
        self._count = workers
        self._patience = patience
        self._stop = threading.Event()

    def run(self, host: str, http_port: int, grpc_port: int, announce: Callable[[Listening], None]) -> None:
        """Serve on these ports (0 for any free one) until `stop`, SIGINT or SIGTERM.

        `announce` is called when all workers listen.

        Raises:
            ServerError: where a port is taken, or a worker ends before all have listened.
        """
        with ExitStack() as held:
            directory = Path(held.enter_context(TemporaryDirectory(prefix="blink-workers-")))
            ports = [
                held.enter_context(_reserved(host, port, of)) for of, port in (("HTTP", http_port), ("gRPC", grpc_port))
            ]
            listening = Listening(host, *(port.getsockname()[1] for port in ports))
            held.enter_context(self._stopped_by_signals())
            workers = [
                self._started(WorkerPlace(number, self._count, directory), listening) for number in range(self._count)
            ]
            try:
                self._until_all_listen(workers)
                if not self._stop.is_set():
                    announce(listening)
                self._watch(workers, listening)
            finally:
                self._end(workers)

    def stop(self) -> None:
        """End when the workers have finished what they have begun. Safe from any thread and from a signal."""
        self._stop.set()

    def _started(self, place: WorkerPlace, listening: Listening) -> _Worker:
        return _Worker(place, self._process(place, listening), time.monotonic())

    def _process(self, place: WorkerPlace, listening: Listening) -> subprocess.Popen[bytes]:
        # In a session of its own, so that Ctrl-C reaches it through us alone, once.
        return subprocess.Popen(  # noqa: S603 - our own command
            list(self._command(place, listening)), stdin=subprocess.PIPE, start_new_session=True
        )

    def _until_all_listen(self, workers: Sequence[_Worker]) -> None:
        waiting = {worker.place.number: worker for worker in workers}
        while waiting and not self._stop.wait(_TICK_SECONDS):
            for number, worker in list(waiting.items()):
                if (code := worker.process.poll()) is not None:
                    raise ServerError(f"worker {number + 1} of {self._count} ended with {code} before it listened")
                state = state_of(worker.place.directory, number)
                if state is not None and state.listening:
                    del waiting[number]

    def _watch(self, workers: Sequence[_Worker], listening: Listening) -> None:
        while not self._stop.wait(_TICK_SECONDS):
            for worker in workers:
                self._look(worker, listening, time.monotonic())

    def _look(self, worker: _Worker, listening: Listening, now: float) -> None:
        if worker.restart_at is None:
            if worker.process.poll() is not None:
                self._note_end(worker, now)
        elif now >= worker.restart_at:
            worker.process, worker.started_at, worker.restart_at = self._process(worker.place, listening), now, None

    def _note_end(self, worker: _Worker, now: float) -> None:
        place, patience = worker.place, self._patience
        _close_input(worker.process)
        forget(place.directory, place.number)
        forget_gauges(place)
        worker.failures = 0 if now - worker.started_at >= patience.steady_seconds else worker.failures + 1
        wait = min(patience.first_seconds * 2 ** max(worker.failures - 1, 0), patience.most_seconds)
        worker.restart_at = now + (wait if worker.failures else 0.0)
        _log.error(
            "worker %d of %d ended with %s; it is started again in %.1f s",
            place.number + 1,
            place.workers,
            worker.process.returncode,
            worker.restart_at - now,
        )

    def _end(self, workers: Sequence[_Worker]) -> None:
        running = [worker.process for worker in workers if worker.process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        until = time.monotonic() + self._patience.end_seconds
        for process in running:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                _log.error("process %d did not end in %.0f s and is killed", process.pid, self._patience.end_seconds)
                process.kill()
                process.wait()
        for worker in workers:
            _close_input(worker.process)

    @contextmanager
    def _stopped_by_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _close_input(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()


def _reserved(host: str, port: int, protocol: str) -> socket.socket:
    try:
        return reserved_port(host, port)
    except OSError as error:
        raise ServerError(f"{protocol} cannot listen on {host}:{port}: {error.strerror}") from error
