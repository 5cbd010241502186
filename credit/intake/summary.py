"""What became of a load."""

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[str, int, float | None], None]
"""Called with the kind of file, its rows read so far, and the share of it read (0 to 1, None if unknown)."""


@dataclass(frozen=True, slots=True)
class FileSummary:
    """Counts of one file; they add up to its rows."""

    kind: str
    file: str
    loaded: int
    already_there: int
    rejected: int
    history: bool
    """Whether rows were stored as known at their own time instead of now."""
    ignored_columns: tuple[str, ...] = ()
    reasons: tuple[tuple[str, str, int], ...] = ()
    """Column, reason and number of the rejected rows, most frequent first."""


@dataclass(frozen=True, slots=True)
class LoadSummary:
    """Counts of one load, in the order of loading."""

    portfolio: str
    files: tuple[FileSummary, ...]

    @property
    def loaded(self) -> int:
        """New rows of all files."""
        return sum(file.loaded for file in self.files)

    @property
    def already_there(self) -> int:
        """Rows of all files that were loaded before, or stand twice."""
        return sum(file.already_there for file in self.files)

    @property
    def rejected(self) -> int:
        """Rows of all files that were refused."""
        return sum(file.rejected for file in self.files)
