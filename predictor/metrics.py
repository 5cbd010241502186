"""Prometheus metrics of a server; only `counted_together` and `worker_metrics` beside it know Prometheus."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from predictor.counted_together import BulkHistogram, Kept
from predictor.feature_values import BoolArray, Floats
from predictor.worker_metrics import added_up, count_in_files
from predictor.worker_states import WorkerPlace

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Counts = npt.NDArray[np.int64]
Read = Callable[[], float]

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_PROBABILITIES = (0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1.0)
_REQUESTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_ROWS_KEPT = 32
"""Rows of one batch whose missing values are kept one by one until they are counted."""
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """What one server counts, in a registry of its own. Used from one event loop, but for what says otherwise.

    What comes with each request is counted when the page is asked for, and in `settle`; so is what is found out by
    looking (lengths of queues, ages).
    """

    def __init__(self, place: WorkerPlace | None = None) -> None:
        """`place` is that of a worker, whose page is that of all workers."""
        if place is not None:
            count_in_files(place)
        self._place = place
        self._registry = registry = CollectorRegistry()
        self._requests = _Requests(registry)
        self._scores = _Scores(registry)
        self._missing = _MissingValues(registry)
        self._batches = Histogram(
            "blink_batch_rows",
            "Rows that were scored together, of requests that are not audited",
            buckets=_ROWS,
            registry=registry,
        )
        # Files keep what was once in them.
        self._model = _ServedModel(registry, forgets=place is None)
        self._refused = Counter("blink_model_refusals", "Models that could not be deployed", registry=registry)
        self._audits = _AuditFigures(registry)
        self._looks = _Looks(registry)

    def request(self, protocol: str, route: str, status: str, seconds: float) -> None:
        """Count a request; `route` is a template, never a path that a client made up."""
        self._requests.kept.keep((protocol, route, status), seconds)

    def scored(self, portfolio: str, model_id: str, probabilities: Floats, *, audited: bool) -> None:
        """Count rows and their probabilities of default, float64 [n], which nobody changes any more.

        Called from any thread.
        """
        self._scores.kept.keep((portfolio, model_id, audited), probabilities)

    def missing(self, portfolio: str, feature_names: Sequence[str], missing: BoolArray) -> None:
        """Count, by feature, in how many scored rows bool [n, d], which nobody changes any more, it was missing.

        Called from any thread.
        """
        self._missing.count(portfolio, feature_names, missing)

    def gathered(self, rows: int) -> None:
        """Count rows that were scored together."""
        self._batches.observe(rows)

    def deployed(self, portfolio: str, model_id: str, engine_version: str) -> None:
        """Show which model serves."""
        self._model.show(portfolio, model_id, engine_version)

    def refused(self) -> None:
        """Count a model that was not deployed."""
        self._refused.inc()

    def audits_committed(self, requests: int, audits: int) -> None:
        """Count the requests and the audits of one transaction. Called from any thread."""
        self._audits.committed(requests, audits)

    def audits_spooled(self, audits: int) -> None:
        """Count audits that were kept in the spool, because the database is away. Called from any thread."""
        self._audits.spooled(audits)

    def audits_drained(self, audits: int) -> None:
        """Count audits that came from the spool into the database. Called from any thread."""
        self._audits.drained(audits)

    def watch_in_flight(self, read: Read) -> None:
        """Show how many HTTP requests are being answered."""
        self._looks.watch_in_flight(read)

    def watch_queue(self, queue: str, read: Read) -> None:
        """Show how many requests wait or run in a queue: for the `model`, or for their `audit`."""
        self._looks.watch_queue(queue, read)

    def watch_audit_lag(self, read: Read) -> None:
        """Show how old the oldest audit is that is not in the database yet, in seconds; 0 where there is none."""
        self._looks.watch_audit_lag(read)

    def watch_spool(self, read: Read) -> None:
        """Show how many bytes the spool has."""
        self._looks.watch_spool(read)

    def page(self) -> bytes:
        """All metrics in Prometheus' text format, KServe's own included, and the process's where it is alone."""
        self.settle()
        if self._place is not None:
            return generate_latest(added_up(self._place))
        return generate_latest(self._registry) + generate_latest(REGISTRY)

    def settle(self) -> None:
        """Bring what is counted, or looked at, only now and then up to date."""
        for counted in (self._requests.kept, self._scores.kept, self._missing.kept):
            counted.settle()
        self._looks.settle()


class _Requests:
    """Requests and their time."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "blink_requests", "Requests answered", ["protocol", "route", "status"], registry=registry
        )
        self._seconds = BulkHistogram(
            "blink_request_seconds",
            "Time from a request's first byte to its answer",
            ["protocol", "route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.kept: Kept[tuple[str, str, str], float] = Kept(self._count)

    def _count(self, key: tuple[str, str, str], seconds: Sequence[float]) -> None:
        self._requests.labels(*key).inc(len(seconds))
        self._seconds.labels(*key[:2]).observe_all(seconds)


class _Scores:
    """Rows and their probabilities of default."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._rows = Counter("blink_scored_rows", "Rows scored", ["portfolio", "audited"], registry=registry)
        self._probabilities = BulkHistogram(
            "blink_default_probability",
            "Probabilities of default that were answered",
            ["portfolio", "model_id"],
            buckets=_PROBABILITIES,
            registry=registry,
        )
        self.kept: Kept[tuple[str, str, bool], Floats] = Kept(self._count)

    def _count(self, key: tuple[str, str, bool], kept: Sequence[Floats]) -> None:
        portfolio, model_id, audited = key
        probabilities = np.concatenate(kept)
        self._rows.labels(portfolio, str(audited).lower()).inc(len(probabilities))
        self._probabilities.labels(portfolio, model_id).observe_all(probabilities)


class _ServedModel:
    """Which model serves: the one before is gone, or 0 where the registry cannot forget."""

    def __init__(self, registry: CollectorRegistry, *, forgets: bool) -> None:
        self._gauge = Gauge(
            "blink_model_info",
            "1 for the serving model",
            ["portfolio", "model_id", "engine_version"],
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._forgets = forgets
        self._served: Gauge | None = None

    def show(self, portfolio: str, model_id: str, engine_version: str) -> None:
        if self._forgets:
            self._gauge.clear()
        elif self._served is not None:
            self._served.set(0)
        self._served = self._gauge.labels(portfolio, model_id, engine_version)
        self._served.set(1)


class _MissingValues:
    """Missing values by feature."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counter = Counter(
            "blink_missing_values",
            "Scored rows in which a feature was missing",
            ["portfolio", "feature"],
            registry=registry,
        )
        self.kept: Kept[tuple[str, tuple[str, ...]], BoolArray | Counts] = Kept(self._count)
        """Of few rows as they are, of many their number."""

    def count(self, portfolio: str, feature_names: Sequence[str], missing: BoolArray) -> None:
        few = missing if len(missing) <= _ROWS_KEPT else missing.sum(axis=0, keepdims=True)
        self.kept.keep((portfolio, tuple(feature_names)), few)

    def _count(self, key: tuple[str, tuple[str, ...]], kept: Sequence[BoolArray | Counts]) -> None:
        portfolio, feature_names = key
        for name, count in zip(feature_names, np.concatenate(kept).sum(axis=0).tolist(), strict=True):
            self._counter.labels(portfolio, name).inc(count)


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

    def committed(self, requests: int, audits: int) -> None:
        self._groups.observe(requests)
        self._database.inc(audits)

    def spooled(self, audits: int) -> None:
        self._spool.inc(audits)

    def drained(self, audits: int) -> None:
        self._drained.inc(audits)


class _Looks:
    """Gauges of what others know."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._in_flight = Gauge(
            "blink_requests_in_flight",
            "HTTP requests that are being answered",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._queues = Gauge(
            "blink_waiting_requests",
            "Requests that wait or run in a queue",
            ["queue"],
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._lag = Gauge(
            "blink_audit_lag_seconds",
            "Age of the oldest audit that is not in the database yet",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._spool = Gauge(
            "blink_spool_bytes",
            "Size of the spool, 0 where there is none",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._reads: list[tuple[Gauge, Read]] = []

    def watch_in_flight(self, read: Read) -> None:
        self._reads.append((self._in_flight, read))

    def watch_queue(self, queue: str, read: Read) -> None:
        self._reads.append((self._queues.labels(queue), read))

    def watch_audit_lag(self, read: Read) -> None:
        self._reads.append((self._lag, read))

    def watch_spool(self, read: Read) -> None:
        self._reads.append((self._spool, read))

    def settle(self) -> None:
        for gauge, read in self._reads:
            gauge.set(read())
