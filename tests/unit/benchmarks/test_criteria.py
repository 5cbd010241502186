"""What is asked of the figures, and the page that says whether it holds."""

import json

import pytest

from benchmarks.acceptance_pages import demands_table, main, section
from benchmarks.criteria import Criterion, engine_criteria, explain_criteria, server_criteria


def trees(times, difference=0.0):
    measured = [
        {"case": case, "batch": rows, "contestant": name, "times_baseline": {"median": value}}
        for (case, rows, name), value in times.items()
    ]
    return {"measured": measured, "proved": [{"contestant": "ours", "difference": difference}]}


GOOD = {
    **{("500 × 31", rows, "ours"): times for rows, times in ((1, 8.0), (32, 9.0), (1000, 11.0))},
    **{("500 × 31", rows, "pylignum"): times for rows, times in ((1, 7.0), (32, 4.5), (1000, 5.0))},
    **{("500 × 31", rows, "pylignum compiled"): times for rows, times in ((1, 6.0), (32, 6.0), (1000, 8.0))},
    ("1000 × 63", 1000, "ours"): 12.0,
}


def test_ahead_of_pylignum_is_ahead_of_its_better_way():
    found = engine_criteria(trees(GOOD))
    assert [one.found for one in found] == pytest.approx([11.0, 8.0, 8 / 7, 9 / 6, 11 / 8, 12.0, 0.0])
    assert all(one.holds for one in found)


def test_a_bit_that_differs_and_what_is_not_measured_do_not_hold():
    less = {key: times for key, times in GOOD.items() if key != ("500 × 31", 1, "ours")}
    found = engine_criteria(trees(less, difference=1e-16))
    assert [one.holds for one in found] == [True, False, False, True, True, True, False]


def test_contributions():
    times = {("500 × 31", 1, "ours"): 20.0, ("500 × 31", 1000, "ours"): 11.9, ("1000 × 63", 1, "ours"): 8.0}
    found = explain_criteria(trees(times, difference=2e-12))
    assert [(one.found, one.holds) for one in found] == [
        (20.0, True),
        (11.9, False),
        (8.0, True),
        (None, False),
        (2e-12, True),
    ]


def servers(case, rate, p99, explained, audited):
    def times(value, p99=1.0):
        return {"requests_a_second": {"median": value}, "p99": {"median": p99}}

    peers = ("KServe LightGBM", "MLServer")
    return {
        "title": f"One-row requests, {case} leaves",
        "measured": [
            {"name": "ours", "times_baseline": {peer: times(rate, p99) for peer in peers}},
            {"name": "ours, with contributions", "times_baseline": {peer: times(explained) for peer in peers}},
            {
                "name": "ours, /score audited, 64 connections",
                "times_baseline": {
                    "ours, 64 connections": times(0.1),
                    "ours, all of /score unaudited, 64 connections": times(audited),
                },
            },
        ],
    }


@pytest.mark.parametrize(
    ("case", "holds"),
    [
        ("500 × 31", [False, True, True, True, True, True, False]),
        ("200 × 31", [False, False]),
    ],
)
def test_servers_and_the_smaller_model_is_asked_for_its_contributions_alone(case, holds):
    assert [one.holds for one in server_criteria(servers(case, 4.5, 0.3, 1.5, 0.3))] == holds


def test_the_page_has_its_picture_and_what_is_asked_under_its_title():
    demands = [Criterion("≥ 8 × LightGBM", 11.04, 8), Criterion("p99", None, 1)]
    assert section("# Margins\n\nRest.\n", "engine.svg", demands) == (
        "# Margins\n\n![Margins](engine.svg)\n\n"
        "| asked          | found        | holds  |\n"
        "| -------------- | ------------ | ------ |\n"
        "| ≥ 8 × LightGBM | 11           | yes    |\n"
        "| p99            | not measured | **no** |\n\n"
        "Rest.\n"
    )


def test_pages_are_written_of_what_was_measured_and_the_exit_code_tells_whether_all_holds(tmp_path, capsys):
    found, pages = tmp_path / "found", tmp_path / "pages"
    found.mkdir()
    pages.mkdir()
    (found / "engine.json").write_text(json.dumps(trees(GOOD)), "utf-8")
    (found / "engine.md").write_text("# Margins\n\nRest.\n", "utf-8")
    (found / "engine.svg").write_text("<svg/>", "utf-8")
    assert main(found, pages) == 0
    assert capsys.readouterr().out == "engine: written\nexplain: not measured\nserver: not measured\n"
    assert sorted(path.name for path in pages.iterdir()) == ["engine.md", "engine.svg"]
    (found / "engine.json").write_text(json.dumps(trees(GOOD, difference=0.1)), "utf-8")
    assert main(found, pages) == 1


def test_a_table_of_demands():
    assert demands_table([Criterion("a", 0.333, 1 / 3, at_most=True)]).endswith("| a     | 0.333 | yes   |")
