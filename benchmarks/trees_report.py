"""The page and the picture of a comparison in this process, from its JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.picture import Bar, Panel, svg
from benchmarks.spread import Spread
from benchmarks.tables import absent_lines, duration, machine_line, ratio, table

Facts = Mapping[str, Any]

_HOW = (
    "CPU time of one call (all threads of the process, pinned to one core, each contestant told to use one thread), "
    "median over interleaved rounds; in brackets the quartiles. Ratios are taken round by round, of neighbours in "
    "time. A round asks for one row 20 to 200 times, each time another: of one row asked again and again a processor "
    "would learn every branch."
)


def page(facts: Facts, command: str) -> str:
    """The comparison as Markdown."""
    parts = [
        f"# {facts['title']}: ours and peers",
        f"`{command}`",
        machine_line(facts["machine"]),
        _HOW,
        *(_case_section(facts, case) for case in _cases(facts)),
        "## Contestants",
        _contestants(facts),
        *absent_lines(facts["absent"]),
    ]
    return "\n\n".join(parts) + "\n"


def picture(facts: Facts) -> str:
    """The ratios to the baseline as SVG: a row of panels a model, a panel a size of batch."""
    batches = sorted({one["batch"] for one in facts["measured"]})
    panels = [[_panel(facts, case, batch) for batch in batches] for case in _cases(facts)]
    return svg(panels, title=facts["title"], axis=f"times as fast as {facts['baseline']}")


def _case_section(facts: Facts, case: str) -> str:
    of_case = [one for one in facts["measured"] if one["case"] == case]
    batches = sorted({one["batch"] for one in of_case})
    names = list(dict.fromkeys(one["contestant"] for one in of_case))
    found = {(one["contestant"], one["batch"]): one for one in of_case}
    header = ["", *(f"{batch:,} {'row' if batch == 1 else 'rows'}" for batch in batches)]
    times = [[name, *(_time(found.get((name, batch))) for batch in batches)] for name in names]
    ratios = [[name, *(_ratio(found.get((name, batch))) for batch in batches)] for name in names]
    return "\n\n".join(
        [
            f"## {case} leaves, 40 features",
            f"Times as fast as {facts['baseline']}:",
            table(header, ratios),
            "One call:",
            table(header, times),
        ]
    )


def _time(one: Mapping[str, Any] | None) -> str:
    return "" if one is None else duration(one["cpu_seconds"]["median"])


def _ratio(one: Mapping[str, Any] | None) -> str:
    return "" if one is None else ratio(one["times_baseline"])


def _contestants(facts: Facts) -> str:
    rows = [
        [one["name"], one["version"], one["remark"], _difference(facts, one["name"])] for one in facts["contestants"]
    ]
    return table(["name", "version", "how", f"largest difference from {facts['baseline']}"], rows)


def _difference(facts: Facts, name: str) -> str:
    proved = [one for one in facts["proved"] if one["contestant"] == name]
    if not proved:
        return "not measured"
    largest = max(one["difference"] for one in proved)
    wrong = [one["case"] for one in proved if one["difference"] > one["tolerance"]]
    told = "0 (every bit)" if largest == 0 else f"{largest:.2g}"
    return f"{told}: WRONG, not timed on {', '.join(wrong)}" if wrong else told


def _panel(facts: Facts, case: str, batch: int) -> Panel:
    bars = [
        Bar(one["contestant"], Spread(**one["times_baseline"]), ours=one["contestant"] == "ours")
        for one in facts["measured"]
        if (one["case"], one["batch"]) == (case, batch)
    ]
    return Panel(f"{case}, {batch:,} rows at once" if batch > 1 else f"{case}, one row", bars)


def _cases(facts: Facts) -> Sequence[str]:
    return list(dict.fromkeys(one["case"] for one in facts["measured"]))
