"""What came of damaged requests, and of the good ones among them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

_SHOWN = 120
"""Bytes of a failed request that are shown."""
_MOST_FAILURES = 50
GIVEN_UP = 200
"""Failures of one connection after which it is given up: the server is gone."""


@dataclass(frozen=True, slots=True)
class FuzzFailure:
    """A request that was not answered as it must be."""

    seed: tuple[int, ...]
    """`damage.damaged`, or `message_damage.damaged_message`, makes what was damaged of it."""
    kind: str
    why: str
    sent: bytes
    """The damaged request."""
    good: bool = False
    """Whether it is the good request behind the damaged one that was answered wrongly."""

    @property
    def shown(self) -> str:
        """The request's bytes in hexadecimal digits, shortened."""
        more = f"… ({len(self.sent):,} bytes)" if len(self.sent) > _SHOWN else ""
        return self.sent[:_SHOWN].hex() + more


@dataclass(slots=True)
class FuzzFigures:
    """What came of it."""

    seconds: float = 0.0
    statuses: dict[str, Counter[str]] = field(default_factory=dict)
    """Answers to damaged requests, by kind of damage and status; `none`: no answer, which only broken framing has."""
    good: Counter[str] = field(default_factory=Counter)
    """Good requests that got what they must get, by name."""
    connections: int = 0
    """Opened."""
    audits: set[str] = field(default_factory=set)
    """Identifiers of audits that answers named."""
    failures: list[FuzzFailure] = field(default_factory=list)
    failed: int = 0
    """All failures; not all are kept."""
    failed_good: int = 0
    """Of these, good requests."""

    @classmethod
    def together(cls, parts: "Iterable[FuzzFigures]", seconds: float) -> "FuzzFigures":
        """Those of all connections, whose time was the same."""
        figures = cls(seconds=seconds)
        for one in parts:
            figures.add(one)
        return figures

    @property
    def damaged(self) -> int:
        """Damaged requests that were sent."""
        return sum(sum(counts.values()) for counts in self.statuses.values())

    def count(self, kind: str, status: str) -> None:
        """Count an answer to a damaged request."""
        self.statuses.setdefault(kind, Counter())[status] += 1

    def fail(self, failure: FuzzFailure) -> None:
        """Count a failure, and keep it where there are few."""
        self.failed += 1
        self.failed_good += failure.good
        if len(self.failures) < _MOST_FAILURES:
            self.failures.append(failure)

    def add(self, other: "FuzzFigures") -> None:
        """Add those of another connection."""
        for kind, counts in other.statuses.items():
            self.statuses.setdefault(kind, Counter()).update(counts)
        self.good.update(other.good)
        self.connections += other.connections
        self.audits |= other.audits
        self.failed += other.failed
        self.failed_good += other.failed_good
        self.failures = [*self.failures, *other.failures][:_MOST_FAILURES]
