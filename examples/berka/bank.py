"""The bank's files: how they are read, and what its days are in time."""

import csv
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

CURRENCY = "CZK"
PRAGUE = ZoneInfo("Europe/Prague")
MIDNIGHT = time(0)
NOON = time(12)

Row = Mapping[str, str]


def bank_rows(path: Path) -> list[Row]:
    """Rows of one of the bank's files."""
    with path.open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def bank_date(text: str) -> date:
    """`930711` (a time may follow) is 11 July 1993."""
    return date(1900 + int(text[:2]), int(text[2:4]), int(text[4:6]))


def local(day: date, at: time) -> datetime:
    """A time of day in Prague, in UTC."""
    return datetime.combine(day, at, PRAGUE).astimezone(UTC)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
