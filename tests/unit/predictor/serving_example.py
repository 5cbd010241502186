"""Small trained models of the cash-advance portfolio, and servers of them in processes of their own."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from queue import SimpleQueue
from signal import SIGTERM
from threading import Event

import lightgbm
import numpy as np
import pyarrow as pa

from credit.bundle.calibration import Calibration
from credit.bundle.content import BundleContent
from credit.bundle.manifest import TrainingWindow
from credit.bundle.model_id import model_id_of
from credit.bundle.reader import Bundle, load_bundle
from credit.bundle.writer import write_bundle
from credit.portfolio_file import load_portfolio
from predictor.server import Listening, ServeSettings, serve
from tests.unit.predictor.server_forks import ServerFork

PORTFOLIO = load_portfolio("cash_advance")
NAMES = PORTFOLIO.feature_names
FIRST = datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC)

# Requirement A2, word for word but for the user.
A2_FEATURES = {
    "metric_median_paycheck": 1200,
    "metric_overdraft_count90": 0,
    "metric_total_balance": 5000,
    "metric_transaction_count90": 55,
}
A2_BODY = (
    '{"user_id": "...", "features": {"metric_median_paycheck": 1200, "metric_overdraft_count90": 0, '
    '"metric_total_balance": 5000, "metric_transaction_count90": 55}}'
)

LAUNCHER = Path(__file__).with_name("serving_launcher.py")


def example_rows(*, rows: int = 600, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.lognormal(3, 1.5, (rows, len(NAMES)))
    values[rng.random(values.shape) < 0.1] = np.nan
    return values


def example_content(*, trained_at: datetime = FIRST, seed: int = 0) -> BundleContent:
    values = example_rows(seed=seed)
    rng = np.random.default_rng(seed)
    risk = -np.nan_to_num(np.log1p(values[:, NAMES.index("metric_total_balance")]), nan=2.0)
    bad = (risk + rng.normal(size=len(values)) > -2.5).astype(float)
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": seed, "num_leaves": 7}
    booster = lightgbm.train(settings, lightgbm.Dataset(values, bad, params={"verbosity": -1}), 20)
    return BundleContent(
        model_id=model_id_of("cash_advance", trained_at),
        portfolio=PORTFOLIO.name,
        algorithm="lightgbm",
        features=PORTFOLIO.features,
        window=TrainingWindow(datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        label_rule=PORTFOLIO.label,
        metrics={"roc_auc": {"value": 0.75, "low": 0.5, "high": 1.0}},
        model=booster.model_to_string().encode(),
        calibration=Calibration(a=1.25, b=-0.5),
        catalogue_version="1",
        reference=pa.table({name: values[:, column] for column, name in enumerate(NAMES)}),
    )


def example_bundle(model_dir: Path, *, trained_at: datetime = FIRST, seed: int = 0) -> Bundle:
    return load_bundle(write_bundle(model_dir, example_content(trained_at=trained_at, seed=seed)))


@dataclass(frozen=True)
class Server:
    """A running server."""

    listening: Listening
    alive: Callable[[], bool]
    stop: Callable[[], None]
    """Ask it to end; it finishes what it has begun."""

    @property
    def http(self) -> str:
        return f"{self.listening.host}:{self.listening.http_port}"

    @property
    def grpc(self) -> str:
        return f"{self.listening.host}:{self.listening.grpc_port}"

    def connection(self) -> HTTPConnection:
        return HTTPConnection(self.listening.host, self.listening.http_port, timeout=20)

    def post(
        self, path: str, body: bytes | str, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        return self.request("POST", path, body, {"Content-Type": "application/json", **(headers or {})})

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        return self.request("GET", path)

    def request(
        self, method: str, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = self.connection()
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()


@contextmanager
def server_process(**arguments: str | float) -> Iterator[Server]:
    """A server in a process of its own; `arguments` are the launcher's. It must end well on SIGTERM."""
    with started(arguments) as process:
        try:
            yield server_of(process)
        finally:
            process.send_signal(SIGTERM)
            assert process.wait(timeout=30) == 0


def started(arguments: Mapping[str, str | float]) -> ServerFork | subprocess.Popen[str]:
    """A server's process; one that has no more than its image is no fork of one that has imported more."""
    if "image" not in arguments:
        return ServerFork(arguments)
    command = [sys.executable, str(LAUNCHER), json.dumps(arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def server_of(process: ServerFork | subprocess.Popen[str]) -> Server:
    """The server, when it listens."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the server ended before it listened"
    return Server(Listening(**json.loads(line)), lambda: process.poll() is None, lambda: process.send_signal(SIGTERM))


@contextmanager
def server_thread(settings: ServeSettings) -> Iterator[Server]:
    """A server in a thread of this process, which spares it KServe's import."""
    stop, addresses = Event(), SimpleQueue[Listening | None]()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(serve, settings, announce=addresses.put, stop=stop)
        running.add_done_callback(lambda _: addresses.put(None))
        try:
            listening = addresses.get()
            assert listening is not None, running.exception()
            yield Server(listening, lambda: not running.done(), stop.set)
        finally:
            stop.set()
            running.result(timeout=30)


def until_ready(server: Server) -> Server:
    """Wait for readiness: each question waits for its answer, and a server that ends fails the test."""
    while server.get("/v2/health/ready")[0] != 200:
        assert server.alive()
        Event().wait(0.01)  # the server needs the core more
    return server


def until_ended(server: Server) -> None:
    """Wait for its end, which needs the core more."""
    while server.alive():
        Event().wait(0.01)
