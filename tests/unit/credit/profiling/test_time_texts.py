"""Formats of times."""

import pytest

from credit.profiling.time_texts import time_formats, ways_of_writing


@pytest.mark.parametrize(
    ("texts", "formats"),
    [
        (["2024-01-31", "2024-02-01T10:00:00+02:00"], ("",)),
        (["31/01/2024", "01/02/2024"], ("%d/%m/%Y",)),
        (["01/31/2024"], ("%m/%d/%Y",)),
        (["01/02/2024"], ("%d/%m/%Y", "%m/%d/%Y")),
        (["31.01.2024 10:30"], ("%d.%m.%Y %H:%M",)),
        (["20240131", "20240201"], ("%Y%m%d",)),
        (["20240131", "1234"], ()),
        (["19", "20"], ()),
        (["31-Jan-2024"], ("%d-%b-%Y",)),
        (["soon"], ()),
        ([], ()),
    ],
)
def test_a_format_is_one_that_reads_every_text(texts, formats):
    assert time_formats(texts) == formats


@pytest.mark.parametrize(
    ("texts", "ways"),
    [
        (["2024-01-31", "01.02.2024", "2024-02-02"], ["2024-01-31", "01.02.2024"]),
        (["01/02/2024", "13/02/2024", "02/13/2024", "14/02/2024"], ["01/02/2024", "02/13/2024"]),
        (["01/02/2024", "02/13/2024"], ["01/02/2024"]),
        ([f"2024-01-{day}" for day in range(10, 30)] + ["soon"], ["2024-01-10", "soon"]),
        (["2024-01-31", "soon"], []),
        (["car", "home"], []),
        ([], []),
    ],
)
def test_ways_of_writing_are_as_few_as_read_the_texts_then_what_is_no_time(texts, ways):
    assert ways_of_writing(texts) == ways
