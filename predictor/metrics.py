"""Prometheus metrics of a server; no other module knows Prometheus."""

from collections.abc import Iterable

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_PROBABILITIES = (0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1.0)


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
        # Looking a child up by its labels costs more than counting.
        self._answered: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}
        self._refused = Counter("blink_model_refusals", "Models that could not be deployed", registry=registry)

    def request(self, protocol: str, route: str, status: str, seconds: float) -> None:
        """Count a request; `route` is a template, never a path that a client made up."""
        of_them = self._answered.get((protocol, route, status))
        if of_them is None:
            of_them = self._requests.labels(protocol, route, status), self._seconds.labels(protocol, route)
            self._answered[protocol, route, status] = of_them
        of_them[0].inc()
        of_them[1].observe(seconds)

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

    def page(self) -> bytes:
        """All metrics, the process's and KServe's own included, in Prometheus' text format."""
        return generate_latest(self._registry) + generate_latest(REGISTRY)
