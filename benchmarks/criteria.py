"""What issue 5 asks of the figures, and whether they hold: pure functions of a comparison's JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.comparison import OURS

Facts = Mapping[str, Any]

_MEDIUM, _LARGE, _SMALL = "500 × 31", "1000 × 63", "200 × 31"
_EXACT = 1e-9
_SERVERS = {"KServe LightGBM": 5, "MLServer": 4}
"""The peers, and how many times their requests are asked."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One demand on a ratio."""

    asked: str
    found: float | None
    """None: not measured."""
    bound: float
    at_most: bool = False
    """Whether the bound is an upper one."""

    @property
    def holds(self) -> bool:
        """Whether it was measured and is kept."""
        if self.found is None:
            return False
        return self.found <= self.bound if self.at_most else self.found >= self.bound


def engine_criteria(facts: Facts) -> Sequence[Criterion]:
    """Of the margins: times LightGBM, and times the better of pylignum's two ways."""
    return [
        Criterion(f"{_MEDIUM}, 1,000 rows: ≥ 8 × LightGBM", _times(facts, _MEDIUM, 1000), 8),
        Criterion(f"{_MEDIUM}, one row: ≥ 5 × LightGBM", _times(facts, _MEDIUM, 1), 5),
        *(
            Criterion(f"{_MEDIUM}, rows at once {rows:,}: ahead of pylignum", _ahead(facts, _MEDIUM, rows), 1)
            for rows in (1, 32, 1000)
        ),
        Criterion(f"{_LARGE}, 1,000 rows: ≥ 4 × LightGBM", _times(facts, _LARGE, 1000), 4),
        Criterion("every bit of LightGBM's margins", _difference(facts), 0, at_most=True),
    ]


def explain_criteria(facts: Facts) -> Sequence[Criterion]:
    """Of the contributions."""
    return [
        Criterion(f"{_MEDIUM}, one row: ≥ 5 × LightGBM", _times(facts, _MEDIUM, 1), 5),
        Criterion(f"{_MEDIUM}, 1,000 rows: ≥ 12 × LightGBM", _times(facts, _MEDIUM, 1000), 12),
        Criterion(f"{_LARGE}, one row: ≥ 8 × LightGBM", _times(facts, _LARGE, 1), 8),
        Criterion(f"{_LARGE}, 1,000 rows: ≥ 16 × LightGBM", _times(facts, _LARGE, 1000), 16),
        Criterion("LightGBM's contributions to 1e-9", _difference(facts), _EXACT, at_most=True),
    ]


def server_criteria(facts: Facts) -> Sequence[Criterion]:
    """Of the servers, in requests a second and p99 of the same rounds; of the smaller model only its contributions."""
    small = _SMALL in facts["title"]
    return [*_explained(facts, 2)] if small else [*_of_requests(facts), *_explained(facts, 1), *_audited(facts)]


def _of_requests(facts: Facts) -> Iterator[Criterion]:
    for peer, times in _SERVERS.items():
        yield Criterion(f"≥ {times} × the requests of {peer}", _rate(facts, "ours", peer), times)
        yield Criterion(f"p99 ≤ ⅓ of that of {peer}", _rate(facts, "ours", peer, "p99"), 1 / 3, at_most=True)


def _explained(facts: Facts, times: int) -> Iterator[Criterion]:
    for peer in _SERVERS:
        asked = f"with contributions ≥ {times} × the requests of {peer} without"
        yield Criterion(asked, _rate(facts, "ours, with contributions", peer), times)


def _audited(facts: Facts) -> Iterator[Criterion]:
    # Of what is answered without an audit otherwise: the rate of PD alone, which is told too, is that of less work.
    of_same = _rate(facts, "ours, /score audited, 64 connections", "ours, all of /score unaudited, 64 connections")
    yield Criterion("audited /score ≥ ⅓ of the unaudited rate of the same answer, 64 connections", of_same, 1 / 3)


def _measured(facts: Facts, case: str, rows: int, name: str) -> Facts | None:
    wanted = (case, rows, name)
    return next((one for one in facts["measured"] if (one["case"], one["batch"], one["contestant"]) == wanted), None)


def _times(facts: Facts, case: str, rows: int, name: str = OURS) -> float | None:
    one = _measured(facts, case, rows, name)
    return None if one is None else float(one["times_baseline"]["median"])


def _ahead(facts: Facts, case: str, rows: int) -> float | None:
    ours = _times(facts, case, rows)
    theirs = [_times(facts, case, rows, name) for name in ("pylignum", "pylignum compiled")]
    known = [times for times in theirs if times is not None]
    return None if ours is None or not known else ours / max(known)


def _difference(facts: Facts) -> float | None:
    found = [one["difference"] for one in facts["proved"] if one["contestant"] == OURS]
    return max(found, default=None)


def _rate(facts: Facts, name: str, baseline: str, key: str = "requests_a_second") -> float | None:
    one = next((one for one in facts["measured"] if one["name"] == name), None)
    times = None if one is None else one["times_baseline"].get(baseline)
    return None if times is None else float(times[key]["median"])
