"""The control API on a port of its own, over a real database and a stand-in of the Kubernetes API."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from urllib.parse import urlsplit

import httpx
from sqlalchemy import text

from blink.control.assembly import Control, cluster_loop, with_api
from blink.control.config import ControlFile
from blink.control.loop import Loop
from blink.control.server import control_listener, serve
from blink.control.tokens import token_hash
from credit.database.connection import connect
from tests.unit.rollout.api_server import ApiServer
from tests.unit.rollout.release_example import RELEASE

TOKEN = "blink_of_anna"
CONFIG = ControlFile(
    release=RELEASE.release,
    namespace=RELEASE.namespace,
    model_store=RELEASE.model_store,
    train_template="blink-train",
    argo_url="https://argo.example/",
    gateway=RELEASE.gateway,
    slot=RELEASE.slot,
    portfolios=RELEASE.portfolios,
)


@dataclass
class Served:
    client: httpx.Client
    tokens: Path
    loop: Loop

    def train(self, **body: object) -> httpx.Response:
        return self.client.post("/api/pipeline/trigger/train_model", json=body or {"batch_id": "BATCH_001"})

    def upkeep(self, now=None) -> None:
        """One pass of the loop over the trainings."""
        with self.loop.database.connect() as connection:
            self.loop.trainings.upkeep(connection, now or self.loop.clock())


@contextmanager
def served(control: Control, tokens: Path, work: Callable[[Event], None] | None = None) -> Iterator[Served]:
    tokens.mkdir(exist_ok=True)
    (tokens / "anna").write_text(token_hash(TOKEN) + "\n")
    stop = Event()
    listener = control_listener("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    idle = work or (lambda stop: stop.wait() and None)
    thread = Thread(target=serve, args=(control.app, listener, idle, stop))
    thread.start()
    try:
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as client:
            yield Served(client, tokens, control.loop)
    finally:
        stop.set()
        thread.join()
        listener.close()


@contextmanager
def on_a_cluster(database, kubernetes_api: ApiServer, tokens: Path) -> Iterator[Served]:
    loop = cluster_loop(CONFIG, database.engine("blink_trainer"), kubernetes_api.cluster())
    with served(with_api(loop, tokens), tokens) as running:
        yield running


def until(met: Callable[[], object], seconds: float = 60) -> object:
    """Wait until a condition is met, and give what it gave."""
    end = monotonic() + seconds
    while monotonic() < end:
        found = met()
        if found:
            return found
        Event().wait(0.05)
    raise AssertionError(f"not met in {seconds} s")


@contextmanager
def away(server, database) -> Iterator[None]:
    """The database cuts all connections and takes none, until the end of the block."""
    name = urlsplit(database.url).path.lstrip("/")
    admin = connect(server.url()).execution_options(isolation_level="AUTOCOMMIT")
    ended = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
    try:
        with admin.connect() as connection:
            connection.execute(text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false'))
            connection.execute(ended, {"name": name})
        yield
    finally:
        with admin.connect() as connection:
            connection.execute(text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true'))
        admin.dispose()
