"""Formats of times."""

import pytest

from credit.profiling.time_texts import time_formats


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
