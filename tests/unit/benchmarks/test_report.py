"""What people read: tables, the page, the picture."""

from xml.etree import ElementTree as ET

import pytest

from benchmarks import trees_report
from benchmarks.tables import duration, table

ONCE = {"lower": 1.0, "median": 1.0, "upper": 1.0}
FACTS = {
    "title": "Margins",
    "machine": {"processor": "A processor", "cores": 2, "kernel": "Linux 6", "python": "3.11.7"},
    "baseline": "LightGBM",
    "contestants": [
        {"name": "LightGBM", "version": "4.7.0", "remark": "predict"},
        {"name": "ours", "version": "blink-native 1", "remark": ""},
        {"name": "wrong", "version": "2", "remark": ""},
    ],
    "absent": [{"name": "away", "reason": "not installed"}],
    "proved": [
        {"case": "5 × 7", "contestant": "LightGBM", "difference": 0.0, "tolerance": 0.0},
        {"case": "5 × 7", "contestant": "ours", "difference": 0.0, "tolerance": 0.0},
        {"case": "5 × 7", "contestant": "wrong", "difference": 0.5, "tolerance": 0.1},
    ],
    "measured": [
        {
            "case": "5 × 7",
            "batch": 1,
            "contestant": name,
            "cpu_seconds": {"lower": seconds, "median": seconds, "upper": seconds},
            "wall_seconds": ONCE,
            "times_baseline": {"lower": times - 0.5, "median": times, "upper": times + 0.25},
        }
        for name, seconds, times in (("LightGBM", 1.8e-4, 1.0), ("ours", 2e-5, 9.0))
    ],
}


def test_the_page_tells_ratios_times_and_who_was_left_out():
    page = trees_report.page(FACTS, "blink bench engine")
    assert "| LightGBM | 1.00 (0.50–1.25) |" in page
    assert "| ours     | 9.00 (8.50–9.25) |" in page
    assert "| ours     | 20 µs  |" in page
    assert "| wrong    | 2              |         | 0.5: WRONG, not timed on 5 × 7   |" in page
    assert "| ours     | blink-native 1 |         | 0 (every bit)                    |" in page
    assert page.endswith("Not measured: away: not installed.\n")


def test_the_picture_is_svg_with_its_words_as_text_and_the_same_each_time():
    picture = trees_report.picture(FACTS)
    words = {element.text for element in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")}  # noqa: S314
    assert {"Margins", "5 × 7, one row", "ours", "times as fast as LightGBM"} <= words
    assert picture == trees_report.picture(FACTS)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (1.37e-5, "13.7 µs"),
        (0.0335, "33.5 ms"),
        (2.0, "2 s"),
        (1234.5, "1,234 s"),
        (9.99e-7, "999 ns"),
        (4e-10, "0.4 ns"),
    ],
)
def test_durations_have_three_digits_and_the_unit_that_suits_them(seconds, told):
    assert duration(seconds) == told


def test_columns_line_up():
    assert table(["", "rows"], [["ours", "1"]]) == "|      | rows |\n| ---- | ---- |\n| ours | 1    |"
