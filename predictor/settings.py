"""What a server is told at its start."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from credit.portfolios import Portfolio
from predictor.first_request import Pauses
from predictor.spans import Spans
from predictor.worker_states import WorkerPlace


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server takes on."""

    body_bytes: int = 1024 * 1024
    """Largest body of a request, and largest gRPC message."""
    subjects: int = 1000
    """Most subjects of one `/score` request."""
    rows: int = 10_000
    """Most rows of one request of V1, V2 or gRPC."""
    answer_values: int = 250_000
    """Most values of all outputs of all its rows together: explained with everything, 6,578 rows of 30 features. That
    took 0.7 s of one core and 35 MB more with 500 trees of 31 leaves; its answer has 10 MB in V1."""
    compute_threads: int = 2
    """Threads that run the model. Treelite and LightGBM are told to use one thread each."""
    transactions: int = 2
    """Transactions at once that write audits of given features; with those below no more than the connections of the
    engine's pool."""
    computing_transactions: int = 2
    """Transactions at once that compute features first."""
    group_rows: int = 256
    """Rows after which a transaction takes no further request."""
    spool_bytes: int = 1024 * 1024 * 1024
    """Largest spool: some 150,000 audits."""
    drain_poll_seconds: float = 0.5
    """Time between two tries to move a spool into the database."""
    waiting: int = 256
    """Requests that may run or wait for the model, and for their audits; further ones are told to come later."""
    gather_seconds: float = 0.0
    """Longest that a request waits for others to be scored with it; 0: those of the same turn of the event loop, or of
    the next."""
    database_seconds: float = 5.0
    """Longest wait for one statement, which PostgreSQL keeps."""
    grace_seconds: float = 1.0
    """Time after that in which PostgreSQL should have said so; one that has not says nothing any more."""
    first_look_seconds: float = 5.0
    """Longest wait, before a server of one bundle listens, for what the registry says of the bundle."""
    first_request: Pauses = field(default_factory=Pauses)
    """Waits for a model that the first request loads."""
    receive_seconds: float = 30.0
    """Longest that the head of an HTTP request may take to come, longest pause within its body, and longest that a
    client may take for each 64 KiB of an answer. In gRPC longest that a client with calls may give no sign of life, and
    that calls of a connection may take beyond its age."""
    retry_seconds: int = 2
    """What a client that comes too early is told to wait."""
    goodbye_seconds: float = 3.0
    """At the end: longest wait for clients on open connections to send one more request, whose answer sends them
    away. Nobody waits where no connection is open."""
    grpc_connection_seconds: float = 10.0
    """Age at which a gRPC connection is told to end, without a loss: clients come back, to a new server too where one
    was added. At the end, clients that go on calling are given this time to leave."""
    drain_seconds: int = 20
    """After that: longest wait for running requests. All together is below the 30 s that a pod is given."""

    @property
    def silent_seconds(self) -> float:
        """Longest wait for a database that says nothing: for `connect`, which makes the engine."""
        return self.database_seconds + self.grace_seconds


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """One server of one portfolio."""

    portfolio: Portfolio
    model_name: str | None = None
    """The model's name on V1, V2 and gRPC; None: the portfolio's."""
    model_dir: Path | None = None
    """Folder of bundles; the champion of the database is served from here."""
    bundle: Path | None = None
    """One bundle to serve, whoever is champion. Either this, or `bring`, or `model_dir` with a database."""
    bring: Callable[[], Path] | None = None
    """Brings the one bundle to serve, and gives its path; called in a thread when a request first needs the model, and
    again where it or the loading failed. May raise BundleError and ModelStoreError."""
    database: Engine | None = None
    """PostgreSQL, acting as `blink_scorer`; None: nothing is audited and `/score` answers 503."""
    host: str = "127.0.0.1"
    http_port: int = 8080
    """0 for any free one."""
    grpc_port: int = 8081
    """0 for any free one."""
    spool: Path | None = None
    """Folder on a persistent volume, where audits are kept while the database is away; None: such scores are 503."""
    audited_only: bool = False
    """Refuse V1, V2 and gRPC requests that name no subject, whose scores would leave no audit."""
    poll_seconds: float = 2.0
    """Time between two looks at who is champion, or at what the registry says of the one bundle."""
    limits: Limits = Limits()
    worker: WorkerPlace | None = None
    """This process's place among several of one server, with which it shares its ports; None: it is alone."""
    version: str = "0.0.0"
    """Of this software, said where a server's name is."""
    spans: Spans | None = None
    """What requests are traced by; None: nothing. Whoever made it closes it."""
    clock: Callable[[], datetime] | None = None
    """The time of a score, with zone; None: the database's, which also stamps the facts that features read."""

    @property
    def served_name(self) -> str:
        """The model's name in URLs and answers."""
        return self.model_name or self.portfolio.name


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a started server listens."""

    host: str
    http_port: int
    grpc_port: int
