"""The page and the picture of the servers' comparison, from its JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.picture import Bar, Panel, svg
from benchmarks.server_figures import BASELINES
from benchmarks.spread import Spread
from benchmarks.tables import absent_lines, duration, machine_line, ratio, table

Facts = Mapping[str, Any]

_HOW = """\
The same rows of one model, nothing missing in them, one a request, as V2 JSON. All servers run on one core in turns,
halted while another is measured; the client (in Go, some 25 µs of CPU a request) and PostgreSQL
(`synchronous_commit` on) have the other core. Each connection waits for its answer before it asks again. Every server
gave the model's probabilities to 1e-9 before it was measured. Medians over the rounds, in brackets the quartiles;
ratios are taken round by round. A CPU second is of the server's processes: what a core of its own would give. MLServer
answers in the server's own process (`parallel_workers` 0): its default took more than twice the CPU time a request.
What is asked of audited scores is a third of the same answer's rate unaudited; their part of PD alone's stands beside
it."""


_COMPARED = {
    "requests_a_second": "Times the requests a second of, in the same round:",
    "requests_a_cpu_second": "Times the requests a CPU second of:",
    "p99": "Times the p99 of (less is better):",
}


def page(facts: Facts, command: str) -> str:
    """The comparison as Markdown."""
    rounds = f"{facts['rounds']} rounds of {facts['seconds']:g} s for each kind of request."
    parts = [
        f"# {facts['title']}: our server and others",
        f"`{command}`",
        machine_line(facts["machine"]),
        _HOW,
        rounds,
        _rates(facts["measured"]),
        *(f"{told}\n\n{_ratios(facts['measured'], key)}" for key, told in _COMPARED.items()),
        *absent_lines(facts["absent"]),
    ]
    return "\n\n".join(parts) + "\n"


def picture(facts: Facts) -> str:
    """Rates as SVG."""
    bars = [
        Bar(one["name"], Spread(**one["requests_a_cpu_second"]), ours=one["name"].startswith("ours"))
        for one in facts["measured"]
    ]
    return svg([[Panel(facts["title"], bars)]], title="", axis="answers a CPU second of the server")


def _rates(measured: Sequence[Facts]) -> str:
    header = ["", "connections", "requests/s", "requests/CPU s", "p50", "p99", "requests", "errors", "closed"]
    rows = [
        [
            one["name"],
            str(one["connections"]),
            _rate(one["requests_a_second"]),
            _rate(one["requests_a_cpu_second"]),
            duration(one["p50_seconds"]["median"]),
            duration(one["p99_seconds"]["median"]),
            f"{one['requests']:,}",
            f"{one['errors']:,}",
            f"{one['closed']:,}",
        ]
        for one in measured
    ]
    return table(header, rows)


def _rate(spread: Mapping[str, float]) -> str:
    return f"{spread['median']:,.0f} ({spread['lower']:,.0f}–{spread['upper']:,.0f})"


def _ratios(measured: Sequence[Facts], key: str) -> str:
    baselines = [name for name in BASELINES if any(name in one["times_baseline"] for one in measured)]
    rows = [[one["name"], *(_ratio(one["times_baseline"].get(name), key) for name in baselines)] for one in measured]
    return table(["", *baselines], rows)


def _ratio(times: Mapping[str, Mapping[str, float]] | None, key: str) -> str:
    return "" if times is None else ratio(times[key])
