"""The pages docs/acceptance/{engine,explain,server}.md from what `blink bench … --out` wrote, beside what is asked.

python -m benchmarks.acceptance_pages .build/bench/out docs/acceptance
"""

import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.criteria import Criterion, engine_criteria, explain_criteria, server_criteria
from benchmarks.tables import table

Criteria = Callable[[Mapping[str, Any]], Sequence[Criterion]]

PAGES: Mapping[str, tuple[Sequence[str], Criteria]] = {
    "engine": (("engine",), engine_criteria),
    "explain": (("explain",), explain_criteria),
    "server": (("server-500x31", "server-200x31"), server_criteria),
}
"""The parts of each page, and what is asked of each part."""


def main(found: Path, pages: Path) -> int:
    """Write every page of which all parts were measured; 1 where something asked for does not hold."""
    all_hold = True
    for name, (parts, criteria) in PAGES.items():
        measured = [part for part in parts if (found / f"{part}.json").exists()]
        if not measured:
            print(f"{name}: not measured")
            continue
        sections = []
        for part in measured:
            demands = criteria(json.loads((found / f"{part}.json").read_text("utf-8")))
            all_hold &= all(demand.holds for demand in demands)
            sections.append(section((found / f"{part}.md").read_text("utf-8"), f"{part}.svg", demands))
            shutil.copyfile(found / f"{part}.svg", pages / f"{part}.svg")
        (pages / f"{name}.md").write_text("\n".join(sections), "utf-8")
        print(f"{name}: written")
    return 0 if all_hold else 1


def section(page: str, picture: str, demands: Sequence[Criterion]) -> str:
    """A comparison's page with its picture and what is asked of it under the title."""
    title, _, rest = page.partition("\n\n")
    return f"{title}\n\n![{title.lstrip('# ')}]({picture})\n\n{demands_table(demands)}\n\n{rest}"


def demands_table(demands: Sequence[Criterion]) -> str:
    """What is asked, what was found, and whether it holds."""
    rows = [[one.asked, _figure(one.found), _word(one)] for one in demands]
    return table(["asked", "found", "holds"], rows)


def _figure(found: float | None) -> str:
    if found is None:
        return "not measured"
    return f"{found:,.0f}" if found >= 1000 else f"{found:.3g}"


def _word(demand: Criterion) -> str:
    return "yes" if demand.holds else "**no**"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
