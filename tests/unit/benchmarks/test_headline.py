"""The README's figures come from the acceptance pages."""

import pytest

from benchmarks.acceptance_pages import demands_table
from benchmarks.criteria import Criterion
from benchmarks.headline import BEGIN, END, FIGURES, headline, renewed

MACHINE = "AMD EPYC, 2 cores, Linux 6.18, Python 3.11.7; the machine may do other work meanwhile."


def pages():
    """Each figure is its number; a second part of a page has others."""
    found = {}
    for number, figure in enumerate(FIGURES):
        part = demands_table([Criterion(figure.asked, number, 0), Criterion("x", 1, 0)])
        found[figure.page] = f"{found.get(figure.page, '')}\n{part}\n\n{MACHINE}\n"
    return {
        name: f"{page}\n{page.replace('| yes', '| **no**').replace('| 0 ', '| 99 ')}" for name, page in found.items()
    }


def test_each_figure_is_the_first_of_its_name_with_its_machine():
    lines = headline(pages()).splitlines()[2:]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert cells == [[one.said, str(number), "AMD EPYC, 2 cores, Linux 6.18"] for number, one in enumerate(FIGURES)]


def test_a_page_without_the_figure_is_no_page():
    without = {name: page.replace(FIGURES[0].asked, "y") for name, page in pages().items()}
    with pytest.raises(ValueError, match=r"^engine\.md has no line of '500 × 31, one row"):
        headline(without)
    with pytest.raises(ValueError, match=r"^engine\.md does not say on which machine"):
        headline(pages() | {"engine": pages()["engine"].replace("machine may", "")})


def test_only_what_is_between_the_marks_is_renewed():
    assert renewed(f"a\n{BEGIN}old\n{END}b\n", "new") == f"a\n{BEGIN}new\n{END}b\n"
    with pytest.raises(ValueError, match="no <!--"):
        renewed(f"a\n{BEGIN}", "new")
