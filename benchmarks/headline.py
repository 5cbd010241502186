"""The README's figures, from the acceptance pages: what was found, and on which machine.

python -m benchmarks.headline [--check] README.md
"""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tables import table

PAGES = Path("docs/acceptance")
BEGIN, END = "<!-- by python -m benchmarks.headline -->\n", "<!-- end -->\n"

_MACHINE = re.compile(r"^(.*), Python [\d.]+; the machine may do other work meanwhile\.$", re.MULTILINE)
_FOUND = re.compile(r"^\| (.+?) +\| (.+?) +\| (?:yes|\*\*no\*\*) +\|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line."""

    said: str
    page: str
    asked: str
    """As the page has it."""


FIGURES: Sequence[Figure] = (
    Figure("margins, one row, times LightGBM", "engine", "500 × 31, one row: ≥ 5 × LightGBM"),
    Figure("margins, 1,000 rows, times LightGBM", "engine", "500 × 31, 1,000 rows: ≥ 8 × LightGBM"),
    Figure("margins, 1,000 rows, times pylignum", "engine", "500 × 31, rows at once 1,000: ahead of pylignum"),
    Figure("contributions, one row, times LightGBM", "explain", "500 × 31, one row: ≥ 5 × LightGBM"),
    Figure("contributions, 1,000 rows, times LightGBM", "explain", "500 × 31, 1,000 rows: ≥ 12 × LightGBM"),
    Figure("requests a second, times KServe's LightGBM server", "server", "≥ 5 × the requests of KServe LightGBM"),
    Figure("requests a second, times MLServer", "server", "≥ 4 × the requests of MLServer"),
    Figure(
        "audited and explained, of our own rate of the same answer unaudited",
        "server",
        "audited /score ≥ ⅓ of the unaudited rate of the same answer, 64 connections",
    ),
)


def headline(pages: Mapping[str, str]) -> str:
    """The block of the README.

    Args:
        pages: the texts of the acceptance pages, by name.

    Raises:
        ValueError: where a page has not what is told of it.
    """
    rows = [[one.said, _found(one, pages[one.page]), _machine(one.page, pages[one.page])] for one in FIGURES]
    return table(["500 trees of 31 leaves, 40 features, one core", "median", "machine"], rows)


def renewed(readme: str, block: str) -> str:
    """The README with that block between its marks.

    Raises:
        ValueError: where it has no such marks.
    """
    before, begun, rest = readme.partition(BEGIN)
    _, ended, behind = rest.partition(END)
    if not (begun and ended):
        raise ValueError(f"no {BEGIN.strip()} … {END.strip()}")
    return f"{before}{BEGIN}{block}\n{END}{behind}"


def main() -> int:
    """Write it, or with `--check` compare; 1 where it is not up to date."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where it is not up to date")
    parser.add_argument("readme", type=Path)
    arguments = parser.parse_args()
    pages = {name: (PAGES / f"{name}.md").read_text("utf-8") for name in {one.page for one in FIGURES}}
    readme = arguments.readme.read_text("utf-8")
    wanted = renewed(readme, headline(pages))
    if wanted == readme:
        return 0
    if arguments.check:
        print(f"{arguments.readme}: not up to date: python -m benchmarks.headline {arguments.readme}")
        return 1
    arguments.readme.write_text(wanted, "utf-8")
    return 0


def _found(figure: Figure, page: str) -> str:
    for asked, found in _FOUND.findall(page):
        if asked.strip() == figure.asked:  # the first: of 500 × 31
            return str(found)
    raise ValueError(f"{figure.page}.md has no line of {figure.asked!r}")


def _machine(name: str, page: str) -> str:
    found = _MACHINE.search(page)
    if found is None:
        raise ValueError(f"{name}.md does not say on which machine it was measured")
    return found[1]


if __name__ == "__main__":
    sys.exit(main())
