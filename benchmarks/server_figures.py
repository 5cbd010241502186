"""What the rounds of the servers say: rates, latencies, and how many times the rate of others."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.client import Answered
from benchmarks.spread import spread_of

BASELINES = ("KServe LightGBM", "MLServer", "ours, 64 connections", "ours, all of /score unaudited, 64 connections")
"""Variants that the others are compared with."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One kind of request to one server."""

    name: str
    server: str
    path: str
    bodies: Sequence[str]
    connections: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One variant in one round."""

    answered: Answered
    cpu_seconds: float
    """Of the server."""

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.answered.statuses.get("200", 0) / self.answered.seconds

    @property
    def rate_of_cpu(self) -> float:
        """Good answers a second of the server's CPU time: what a core of its own would give."""
        return self.rate * self.answered.seconds / max(self.cpu_seconds, 1e-9)


def figures(variants: Sequence[Variant], tallies: Mapping[str, Sequence[Turn]]) -> list[dict[str, Any]]:
    """Each variant's figures as JSON, from its turns in the order of the rounds."""
    return [_figures(variant, tallies) for variant in variants]


def _figures(variant: Variant, tallies: Mapping[str, Sequence[Turn]]) -> dict[str, Any]:
    turns = tallies[variant.name]
    return {
        "name": variant.name,
        "connections": variant.connections,
        "requests_a_second": asdict(spread_of([turn.rate for turn in turns])),
        "requests_a_cpu_second": asdict(spread_of([turn.rate_of_cpu for turn in turns])),
        "p50_seconds": asdict(spread_of([turn.answered.p50_seconds for turn in turns])),
        "p99_seconds": asdict(spread_of([turn.answered.p99_seconds for turn in turns])),
        "requests": sum(turn.answered.requests for turn in turns),
        "errors": sum(turn.answered.errors for turn in turns),
        "closed": sum(turn.answered.closed for turn in turns),
        "failure": next((turn.answered.failure for turn in turns if turn.answered.failure), ""),
        "times_baseline": {name: _times(turns, tallies[name]) for name in _baselines(tallies)},
    }


def _baselines(tallies: Mapping[str, Sequence[Turn]]) -> Sequence[str]:
    return [name for name in BASELINES if name in tallies]


def _times(turns: Sequence[Turn], baseline: Sequence[Turn]) -> dict[str, Any] | None:
    if any(turn.rate == 0 for turn in (*turns, *baseline)):
        return None  # somebody answered nothing in a round: there is no ratio to tell
    pairs = list(zip(turns, baseline, strict=True))
    return {
        "requests_a_second": asdict(spread_of([own.rate / theirs.rate for own, theirs in pairs])),
        "requests_a_cpu_second": asdict(spread_of([own.rate_of_cpu / theirs.rate_of_cpu for own, theirs in pairs])),
        "p99": asdict(spread_of([own.answered.p99_seconds / theirs.answered.p99_seconds for own, theirs in pairs])),
    }
