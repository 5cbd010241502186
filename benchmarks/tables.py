"""Tables and figures as text, for pages and terminals alike."""

from collections.abc import Mapping, Sequence
from typing import Any

_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns line up in a terminal too."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    rule = ["-" * width for width in widths]
    return "\n".join(f"| {' | '.join(line)} |" for line in [padded[0], rule, *padded[1:]])


def duration(seconds: float) -> str:
    """Three digits and the unit that suits them: 0.0000137 is 13.7 µs."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}" if seconds / size < 1000 else f"{seconds / size:,.0f} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def ratio(spread: Mapping[str, float]) -> str:
    """A ratio with its quartiles: 7.04 (6.37–7.68)."""
    return f"{spread['median']:.2f} ({spread['lower']:.2f}–{spread['upper']:.2f})"


def machine_line(machine: Mapping[str, Any]) -> str:
    """The machine in a sentence."""
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['kernel']}, Python {machine['python']}; "
        "the machine may do other work meanwhile."
    )


def absent_lines(absent: Sequence[Mapping[str, str]]) -> Sequence[str]:
    """Who did not take part, and why, a line each."""
    return [f"Not measured: {one['name']}: {one['reason']}." for one in absent]
