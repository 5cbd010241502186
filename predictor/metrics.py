"""Prometheus metrics of a server; no other module knows Prometheus."""

from collections.abc import Callable, Iterable

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Read = Callable[[], float]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_PROBABILITIES = (0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1.0)
_REQUESTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """What one server counts, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "blink_requests", "Requests answered", ["protocol", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "blink_request_seconds",
            "Time from a request's first byte to its answer",
            ["protocol", "route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._rows = Counter("blink_scored_rows", "Rows scored", ["portfolio", "audited"], registry=registry)
        self._scores = Histogram(
            "blink_default_probability",
            "Probabilities of default that were answered",
            ["portfolio", "model_id"],
            buckets=_PROBABILITIES,
            registry=registry,
        )
        self._model = Gauge(
            "blink_model_info", "The serving model", ["portfolio", "model_id", "engine_version"], registry=registry
        )
        self._refused = Counter("blink_model_refusals", "Models that could not be deployed", registry=registry)
        self._audits = _AuditFigures(registry)

    def request(self, protocol: str, route: str, status: str, seconds: float) -> None:
        """Count a request; `route` is a template, never a path that a client made up."""
        self._requests.labels(protocol, route, status).inc()
        self._seconds.labels(protocol, route).observe(seconds)

    def scored(self, portfolio: str, model_id: str, probabilities: Iterable[float], *, audited: bool) -> None:
        """Count rows and their probabilities of default."""
        histogram = self._scores.labels(portfolio, model_id)
        rows = 0
        for probability in probabilities:
            histogram.observe(probability)
            rows += 1
        self._rows.labels(portfolio, str(audited).lower()).inc(rows)

    def deployed(self, portfolio: str, model_id: str, engine_version: str) -> None:
        """Show which model serves."""
        self._model.clear()
        self._model.labels(portfolio, model_id, engine_version).set(1)

    def refused(self) -> None:
        """Count a model that was not deployed."""
        self._refused.inc()

    def audits_committed(self, requests: int, audits: int) -> None:
        """Count the requests and the audits of one transaction."""
        self._audits.committed(requests, audits)

    def audits_spooled(self, audits: int) -> None:
        """Count audits that were kept in the spool, because the database is away."""
        self._audits.spooled(audits)

    def audits_drained(self, audits: int) -> None:
        """Count audits that came from the spool into the database."""
        self._audits.drained(audits)

    def watch_audits(self, *, waiting: Read, lag_seconds: Read, spool_bytes: Read) -> None:
        """Show what is read whenever the page is asked for.

        That is how many requests wait for their audits, how old the oldest audit is that is not in the database yet
        (0 where there is none), and the bytes of the spool.
        """
        self._audits.watch(waiting, lag_seconds, spool_bytes)

    def page(self) -> bytes:
        """All metrics, the process's and KServe's own included, in Prometheus' text format."""
        self._audits.look()
        return generate_latest(self._registry) + generate_latest(REGISTRY)


class _AuditFigures:
    """How scores come into the ledger."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._groups = Histogram(
            "blink_audit_group_requests",
            "Requests that were committed in one transaction",
            buckets=_REQUESTS,
            registry=registry,
        )
        written = Counter("blink_audits", "Audits by where they were written", ["place"], registry=registry)
        self._database, self._spool, self._drained = map(written.labels, ("database", "spool", "database_from_spool"))
        self._waiting = Gauge("blink_audit_requests_waiting", "Requests that wait for their audits", registry=registry)
        self._lag = Gauge(
            "blink_audit_lag_seconds", "Age of the oldest audit that is not in the database yet", registry=registry
        )
        self._bytes = Gauge("blink_spool_bytes", "Size of the spool", registry=registry)
        self._reads: list[tuple[Gauge, Read]] = []

    def committed(self, requests: int, audits: int) -> None:
        self._groups.observe(requests)
        self._database.inc(audits)

    def spooled(self, audits: int) -> None:
        self._spool.inc(audits)

    def drained(self, audits: int) -> None:
        self._drained.inc(audits)

    def watch(self, waiting: Read, lag_seconds: Read, spool_bytes: Read) -> None:
        self._reads = [(self._waiting, waiting), (self._lag, lag_seconds), (self._bytes, spool_bytes)]

    def look(self) -> None:
        for gauge, read in self._reads:
            gauge.set(read())
