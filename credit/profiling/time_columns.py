"""Which columns of a table hold times, and which of them a row is as of."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from credit.intake.faults import Faults
from credit.intake.table_columns import as_words, read_moment
from credit.profiling.column import Column, Form
from credit.profiling.name_words import OBSERVATION, is_sensitive, words_of
from credit.profiling.table_profile import TableProfile
from credit.profiling.time_texts import ISO_8601, time_formats


@dataclass(frozen=True, slots=True)
class TimeColumns:
    """Columns of times."""

    formats: Mapping[str, tuple[str, ...]]
    """By column, those that all its texts can be read by, the likeliest first."""
    middle: Mapping[str, float]
    """By column, the median time of the sampled rows, in microseconds."""
    observed: str | None
    """That of the observation; None where no column of times is full."""

    def is_later(self, name: str) -> bool:
        """Whether a column's times lie after the observation, for most rows."""
        return self.observed is not None and self.middle[name] > self.middle[self.observed]

    def is_alike(self, name: str) -> bool:
        """Whether a column's times can be read by the format that the observation's are proposed to be read by."""
        return self.observed is None or self.formats[self.observed][0] in self.formats[name]


def time_columns(profile: TableProfile) -> TimeColumns:
    """The columns of times of a table."""
    formats = {column.name: found for column in profile.columns if (found := _formats(profile, column))}
    middle = {name: _median(profile, name, found[0]) for name, found in formats.items()}
    full = [column.name for column in profile.columns if column.name in formats and not column.missing]
    return TimeColumns(formats, middle, _observation([name for name in full if not is_sensitive(name)], middle))


def _formats(profile: TableProfile, column: Column) -> tuple[str, ...]:
    if column.form is Form.TIME:
        return (ISO_8601,)
    if column.form is not Form.TEXT and not column.whole:
        return ()
    words = as_words(profile.sampled[column.name], column.name)
    return time_formats(words.unique().drop_null().to_pylist())


def _median(profile: TableProfile, name: str, time_format: str) -> float:
    sampled = profile.sampled[name]
    times = read_moment(sampled, time_format or None, Faults(len(sampled)), name)
    return float(np.median(times.drop_null().cast(pa.int64()).to_numpy()))


def _observation(full: list[str], middle: Mapping[str, float]) -> str | None:
    """The only one whose name says so, else the earliest: what comes later was not known then."""
    named = [name for name in full if words_of(name) & OBSERVATION]
    return min(named or full, key=lambda name: middle[name], default=None)
