"""The simulated stretch of local calendar days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DAY_US = 86_400_000_000
"""Microseconds a day."""
MINUTE_US = 60_000_000
"""Microseconds a minute."""


@dataclass(frozen=True)
class Horizon:
    """The days from `start` (inclusive) to `end` (exclusive); the day index 0 is `start`."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days

    @property
    def dates(self) -> npt.NDArray[np.datetime64]:
        """The days as datetime64[D], shape [days]."""
        return np.arange(np.datetime64(self.start, "D"), np.datetime64(self.end, "D"))

    @property
    def day_of_month(self) -> Ints:
        """1..31, shape [days]."""
        dates = self.dates
        return np.asarray((dates - dates.astype("datetime64[M]")).astype(np.int64) + 1)

    @property
    def month(self) -> Ints:
        """1..12, shape [days]."""
        return self.dates.astype("datetime64[M]").astype(np.int64) % 12 + 1

    @property
    def weekday(self) -> Ints:
        """0 (Monday) .. 6, shape [days]."""
        return (self.dates.astype(np.int64) + 3) % 7

    @property
    def start_us(self) -> int:
        """Midnight UTC at which the history starts, in microseconds since 1970."""
        return _midnight_us(self.start)

    @property
    def end_us(self) -> int:
        """Midnight UTC at which the history ends, in microseconds since 1970."""
        return _midnight_us(self.end)

    def midnights_us(self, zones: Sequence[str]) -> Ints:
        """Local midnight of every day, in microseconds since 1970 UTC, shape [zones, days].

        The offset is the zone's at noon: clocks change at night, and the simulator lets nothing happen before 03:00.
        """
        utc = _midnight_us(self.start) + np.arange(self.days, dtype=np.int64) * DAY_US
        offsets = [[_offset_us(zone, day) for day in self.dates.tolist()] for zone in zones]
        return np.asarray(utc - np.array(offsets, dtype=np.int64))


def months_before(end: date, months: int) -> date:
    """The same day of the month, `months` earlier (the month's last day where it has no such day)."""
    year, month = divmod(end.year * 12 + end.month - 1 - months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(end.day, last))


def _midnight_us(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1_000_000


@cache  # every block asks for the same zones and days
def _offset_us(zone: str, day: date) -> int:
    offset = datetime.combine(day, time(12), ZoneInfo(zone)).utcoffset() or timedelta()
    return int(offset.total_seconds()) * 1_000_000
