"""A run of rows of one file, as it was read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

ROWS_AT_ONCE = 200_000
"""Rows that are checked and stored together."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record whose number of fields is not the header's."""

    row: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows as an Arrow table, each one's number in the file, and the share of the file read so far."""

    table: Any
    numbers: npt.NDArray[np.int64]
    malformed: tuple[Malformed, ...] = ()
    fraction: float | None = None
    """0 to 1; None where the length is not known."""


class Source(Protocol):
    """Where rows come from."""

    @property
    def name(self) -> str:
        """What the summary and the file of rejected rows call it."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns."""

    def chunks(self) -> Iterator[Chunk]:
        """Its rows in order."""
