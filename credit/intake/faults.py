"""Which rows of a chunk are wrong, and why."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that was not loaded: where it stands, which column is wrong and why."""

    file: str
    row: int
    """Record of the file; in a CSV the header is record 1, so that it is the line of an ordinary file."""
    id: str | None
    column: str
    reason: str
    value: str | None


class Faults:
    """The first fault of each row of a chunk."""

    def __init__(self, rows: int) -> None:
        self._code = np.zeros(rows, np.int32)
        self._kinds: list[tuple[str, str]] = []

    def add(self, wrong: Any, column: str, reason: str) -> None:
        """Marks the rows where `wrong` (a mask, NumPy or Arrow; null is False) holds and no fault stands yet."""
        mask = wrong if isinstance(wrong, np.ndarray) else as_mask(wrong)
        if mask.any():
            self._kinds.append((column, reason))
            self._code[mask & (self._code == 0)] = len(self._kinds)

    @property
    def sound(self) -> Mask:
        """Rows without a fault."""
        sound: Mask = self._code == 0
        return sound

    def listed(self) -> list[tuple[int, str, str]]:
        """Position in the chunk, column and reason of each faulty row, in order."""
        return [(int(at), *self._kinds[self._code[at] - 1]) for at in np.flatnonzero(self._code)]


def as_mask(values: Any) -> Mask:
    """An Arrow array of booleans as a NumPy mask; null is False."""
    mask: Mask = pc.fill_null(values, False).to_numpy(zero_copy_only=False)
    return mask
