"""Tables of what came of damaged requests."""

from collections import Counter
from collections.abc import Sequence

from benchmarks.serving.fuzz_figures import FuzzFigures
from benchmarks.tables import table


def answers_table(fuzz: FuzzFigures, kinds: Sequence[str], good: str) -> str:
    """Answers by kind of damage and status, and the number of the good ones, which `good` names."""
    every = sum(fuzz.statuses.values(), Counter[str]())
    columns = sorted(every)
    counted = [(kind, fuzz.statuses.get(kind, Counter[str]())) for kind in kinds]
    rows = [[kind, *(_count(counts[status]) for status in columns)] for kind, counts in counted]
    total = ["all", *(_count(every[status]) for status in columns)]
    return f"{table(['damage', *columns], [*rows, total])}\n\n{good} among them: {sum(fuzz.good.values()):,}."


def failures_table(fuzz: FuzzFigures) -> Sequence[str]:
    """Failures with what makes them again; nothing where there are none."""
    rows = [[one.kind, one.why.replace("|", "\\|"), str(one.seed), f"`{one.shown}`"] for one in fuzz.failures]
    return [table(["failed", "why", "seed", "bytes"], rows)] if rows else []


def _count(count: int) -> str:
    return f"{count:,}" if count else ""
