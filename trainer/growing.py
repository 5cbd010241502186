"""An array that rows are added to, without ever being held twice."""

import numpy as np
from numpy.typing import DTypeLike, NDArray

_GROWTH = 1.25
"""How much longer it is made when it is full: a quarter more than is needed is the most that it takes."""


class Growing:
    """Rows of one shape and type, added at the end.

    Growing reallocates in place: on Linux large arrays are moved by their page table, not copied.
    """

    def __init__(self, row_shape: tuple[int, ...], dtype: DTypeLike) -> None:
        self._shape = row_shape
        self._array: NDArray[np.generic] = np.empty((0, *row_shape), dtype=dtype)
        self._used = 0

    def __len__(self) -> int:
        """Number of rows added."""
        return self._used

    def add(self, rows: NDArray[np.generic]) -> None:
        """Add rows."""
        needed = self._used + len(rows)
        if needed > len(self._array):
            self._array.resize((max(needed, int(len(self._array) * _GROWTH)), *self._shape), refcheck=False)
        self._array[self._used : needed] = rows
        self._used = needed

    def whole(self, order: NDArray[np.int64] | None = None) -> NDArray[np.generic]:
        """All rows, in that order where one is given; they are kept no longer here, and nothing may be added."""
        self._array.resize((self._used, *self._shape), refcheck=False)
        whole, self._array = self._array, self._array[:0].copy()
        return whole if order is None else whole[order]
