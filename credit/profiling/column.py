"""One column of a table as it was seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

_FLAGS = {"0": 0, "1": 1, "false": 0, "true": 1}


class Form(StrEnum):
    """What a column's values are."""

    NUMBER = "number"
    TEXT = "text"
    TIME = "time"
    NOTHING = "nothing"
    """No row has a value."""
    NESTED = "nested"
    """Lists, maps and the like, which no feature can be read from."""


@dataclass(frozen=True, slots=True)
class Column:
    """Counts of a whole column."""

    name: str
    form: Form
    rows: int
    missing: int
    """Rows that are empty, blank or NaN."""
    values: Mapping[str, int] | None
    """Rows of each different value, most frequent first; None where there are too many to list."""
    unique: bool
    """Whether every row has a value and no two have the same."""
    whole: bool
    """Whether all are numbers without a fraction."""
    sequence: bool
    """Whether the values are whole numbers without a gap: a numbering of the rows."""
    lowest: float | None = None
    """Of a column of numbers."""
    highest: float | None = None
    padded: str | None = None
    """A number with leading zeros, where 1 % of the rows hold such: a code, whose zeros a number would lose."""
    comma_example: str | None = None
    """A number with a comma, such as 3576,73, where all are numbers but for these and a few mistakes."""
    odd: int = 0
    """Rows that hold a text in a column that is else of numbers."""
    odd_example: str | None = None

    @property
    def missing_share(self) -> float:
        """In [0, 1]."""
        return self.missing / self.rows

    @property
    def constant(self) -> bool:
        """Whether no two rows differ."""
        return self.different is not None and self.different + (self.missing > 0) <= 1

    @property
    def different(self) -> int | None:
        """How many different values it has, however true and false are written; None where there are too many."""
        if self.values is None:
            return None
        return len({_FLAGS[value.lower()] for value in self.values} if self.is_flag else self.values)

    @property
    def is_flag(self) -> bool:
        """Whether all values are 0 and 1, or false and true."""
        return self.values is not None and {value.lower() for value in self.values} <= _FLAGS.keys()
