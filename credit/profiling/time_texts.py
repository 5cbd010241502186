"""Which format the times of a column are written in."""

from collections.abc import Sequence
from datetime import datetime
from itertools import product

ISO_8601 = ""
"""No format is needed: a portfolio's file leaves it out."""

_DAYS = (
    *("%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%d/%m/%y", "%m/%d/%y", "%d-%b-%Y", "%d %b %Y", "%b %d %Y", "%b %d, %Y"),
)
_FORMATS = (ISO_8601, "%Y%m%d", *(day + time for day, time in product(_DAYS, ("", " %H:%M", " %H:%M:%S"))))


def time_formats(texts: Sequence[str]) -> tuple[str, ...]:
    """The formats by which every text can be read, the likeliest first; none where they are no times."""
    found: tuple[str, ...] = _FORMATS if texts else ()
    for text in texts:
        found = tuple(format_ for format_ in found if _reads(text, format_))
        if not found:
            break
    return found


def ways_of_writing(texts: Sequence[str]) -> list[str]:
    """A text of each format that is needed to read the texts, then one that is no time, where one is.

    None where more than one in ten is no time.
    """
    ways, left = [], list(texts)
    while left:
        unread = min(([text for text in left if not _reads(text, one)] for one in _FORMATS), key=len)
        if len(unread) == len(left):
            break
        ways.append(next(text for text in left if text not in unread))
        left = unread
    return [] if len(left) > len(texts) / 10 else [*ways, *left[:1]]


def _reads(text: str, format_: str) -> bool:
    try:
        if format_ == ISO_8601:
            # A run of digits is a number first.
            return text[4:5] == "-" and bool(datetime.fromisoformat(text))
        read = datetime.strptime(text, format_)  # noqa: DTZ007 - only whether it can be read
    except ValueError:
        return False
    return format_ != "%Y%m%d" or (len(text) == 8 and 1900 <= read.year < 2200)
