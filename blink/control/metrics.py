"""What Prometheus reads of the control Deployment; no other module of this room knows Prometheus."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import GaugeMetricFamily

from credit.database.pipeline_figures import Finished, RunCount
from rollout.reconcile import Pass
from rollout.slots import Slot

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

AGE_NAMES = {"score": "blink_scoring_age_seconds", "train": "blink_training_age_seconds"}
AGE_HELP = {"score": "Since scoring last ended with a result", "train": "Since training last ended with a result"}


@dataclass(frozen=True, slots=True)
class PipelineFigures:
    """What the database says at one moment."""

    now: datetime
    champions: Sequence[tuple[str, str]]
    """Portfolio and model."""
    runs: Sequence[RunCount]
    finished: Sequence[Finished]


Look = Callable[[], PipelineFigures | None]
"""The figures of now; None where the database does not answer."""


class ControlMetrics:
    """The metrics of one process."""

    def __init__(self, look: Look) -> None:
        self._registry = registry = CollectorRegistry()
        self._passes: Mapping[str, Pass] = {}
        self._leader = Gauge("blink_reconcile_leader", "1 where this process moves the traffic", registry=registry)
        self._errors = Counter("blink_reconcile_errors", "Passes that failed", ["portfolio"], registry=registry)
        self._success = Gauge(
            "blink_reconcile_last_success_timestamp_seconds",
            "When a pass last succeeded",
            ["portfolio"],
            registry=registry,
        )
        registry.register(_Figures(look, lambda: self._passes))

    def expect(self, portfolios: Sequence[str]) -> None:
        """Count failures of these portfolios from 0 on, so that the first one is seen as an increase."""
        for portfolio in portfolios:
            self._errors.labels(portfolio)

    def leads(self, leads: bool) -> None:  # noqa: FBT001 - what the gauge shows
        """Whether this process moves the traffic; one that does not knows nothing of the slots."""
        self._leader.set(leads)
        if not leads:
            self._passes = {}

    def passed(self, found: Pass, at: datetime) -> None:
        """A pass has succeeded."""
        self._passes = {**self._passes, found.portfolio: found}
        self._success.labels(found.portfolio).set(at.timestamp())

    def failed(self, portfolio: str) -> None:
        """A pass has failed; what was known of the slots is known no longer."""
        self._passes = {name: found for name, found in self._passes.items() if name != portfolio}
        self._errors.labels(portfolio).inc()

    def page(self) -> bytes:
        """All metrics, the process's own included, in Prometheus' text format."""
        return generate_latest(self._registry) + generate_latest(REGISTRY)


class _Figures:
    """Metrics that are looked up when they are asked for."""

    def __init__(self, look: Look, passes: Callable[[], Mapping[str, Pass]]) -> None:
        self._look = look
        self._passes = passes

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing: whoever registers us must not make us ask the database."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """All of them."""
        figures = self._look()
        up = GaugeMetricFamily("blink_control_database_up", "1 where the database answers")
        up.add_metric([], float(figures is not None))
        yield up
        if figures is not None:
            yield from _of_pipeline(figures)
        yield from _of_slots(self._passes())


def _of_pipeline(figures: PipelineFigures) -> Iterable[GaugeMetricFamily]:
    champion = GaugeMetricFamily("blink_champion_info", "The deployed model", labels=["portfolio", "model_id"])
    for labels in figures.champions:
        champion.add_metric(labels, 1.0)
    yield champion
    runs = GaugeMetricFamily(
        "blink_runs", "Runs that are active or began in the last day", labels=["portfolio", "kind", "state"]
    )
    for count in figures.runs:
        runs.add_metric([count.portfolio, count.kind, count.state], count.runs)
    yield runs
    for kind, name in AGE_NAMES.items():
        age = GaugeMetricFamily(name, AGE_HELP[kind], labels=["portfolio"])
        for finished in figures.finished:
            if finished.kind == kind:
                age.add_metric([finished.portfolio], (figures.now - finished.at).total_seconds())
        yield age


def _of_slots(passes: Mapping[str, Pass]) -> Iterable[GaugeMetricFamily]:
    weight = GaugeMetricFamily("blink_slot_weight", "Percent of requests", labels=["portfolio", "slot"])
    ready = GaugeMetricFamily(
        "blink_slot_ready", "1 where every pod has proved its model", labels=["portfolio", "slot", "model_id"]
    )
    for name, found in passes.items():
        for slot in Slot:
            traffic, state = found.place.traffic, found.place.slots.get(slot)
            weight.add_metric([name, slot], 0.0 if traffic is None else traffic.weights.get(slot, 0))
            if state is not None:
                ready.add_metric([name, slot, state.model_id], float(state.ready))
    yield weight
    yield ready
