"""The engine in C: trees over bytes, one and the same answer on every processor."""

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from forest.credits_form import credits_form
from forest.engine import Floats, ForestError, checked_rows, close
from forest.native_contributions import NativeContributions
from forest.native_form import native_form
from forest.native_library import Call, NativeLibrary, Way
from forest.trees import FlatTrees

VERSION = "1"
"""Raised when an answer of the engine could change in any bit."""


_FLOAT64 = np.dtype(np.float64)
_NO_MEMORY = "the native engine has no memory for its scratch"
_ROWS_OF_A_THREAD = 256
"""Fewer are not worth a thread, which takes about 50 us to start."""


class _Place:
    """A call about one row, with the memory for the row and its margin."""

    def __init__(self, forest: int, width: int, way: Way) -> None:
        self.row = np.zeros((1, width))
        self.margin = np.zeros(1)
        self._call = Call(forest, self.row.ctypes.data, self.margin.ctypes.data, 1, way)
        self.address = ctypes.addressof(self._call)


def _shares(rows: int, threads: int) -> list[slice]:
    """Rows in at most as many shares as there are threads, each but an only one of `_ROWS_OF_A_THREAD` or more."""
    count = max(1, min(threads, rows // _ROWS_OF_A_THREAD))
    size = -(-rows // count)
    return [slice(first, first + size) for first in range(0, max(rows, 1), max(size, 1))]


class NativeEngine:
    """Flat trees behind the interface of `forest.engine.Engine`."""

    name = "blink-native"
    version = f"blink-native {VERSION}"

    def __init__(self, trees: FlatTrees, library: NativeLibrary, *, threads: int = 1, way: Way | None = None) -> None:
        """Lay out the trees for the library.

        Args:
            trees: the model.
            library: the compiled library.
            threads: threads that share the rows of one call; the answer does not depend on it.
            way: how to compute; the quickest of the machine where none is given.

        Raises:
            ForestError: where the trees cannot be laid out, or the machine has not the way.
        """
        self.width = trees.width
        self._single = trees.single
        self._way = library.ways[-1] if way is None else way
        if self._way not in library.ways:
            raise ForestError(f"this machine cannot compute by {self._way.name}")
        self._threads = threads
        self.form = native_form(trees)
        self._forest = library.forest(self.form)
        self._masks = library.masks(self._forest)
        self._contributions = NativeContributions(credits_form(trees, self.form), self._forest, library, self._way)
        self._margins = library.functions.forest_margins
        self._address = ctypes.addressof(self._forest)
        self._one_row = (1, trees.width)
        self._places: list[_Place] = []

    def margins(self, rows: Floats) -> Floats:
        """Margins float64 [n], equal to GTIL's in every bit, for rows float64 [n, width] (NaN is missing).

        Raises:
            ForestError: where the rows are not float64 [n, width].
        """
        if type(rows) is np.ndarray and rows.dtype is _FLOAT64 and rows.shape == self._one_row:
            return self._margin(rows)
        checked = checked_rows(rows, self.width)
        margins = np.empty(len(checked))
        self._share_out(len(checked), lambda share: self._score(checked[share], margins[share]))
        return margins

    def _share_out(self, rows: int, work: Callable[[slice], None]) -> None:
        shares = _shares(rows, self._threads)
        if len(shares) == 1:
            work(shares[0])
        else:
            with ThreadPoolExecutor(len(shares)) as threads:
                list(threads.map(work, shares))

    def _score(self, rows: Floats, margins: Floats) -> None:
        call = Call(self._address, rows.ctypes.data, margins.ctypes.data, len(rows), self._way)
        if self._margins(ctypes.addressof(call)):
            raise MemoryError(_NO_MEMORY)

    def _margin(self, row: Floats) -> Floats:
        # NumPy takes longer to say where its numbers are (1.5 us an array) than to copy a row to a place that is known.
        # Places are handed out and taken back by a list, whose pop and append are atomic: threads never share one.
        try:
            place = self._places.pop()
        except IndexError:
            place = _Place(self._address, self.width, self._way)
        place.row[...] = row
        if self._margins(place.address):
            raise MemoryError(_NO_MEMORY)
        margin = place.margin.copy()
        self._places.append(place)
        return margin

    def contributions(self, rows: Floats) -> Floats:
        """TreeSHAP of the margin float64 [n, width + 1], base value last, for rows float64 [n, width].

        Raises:
            ForestError: where the rows are not float64 [n, width].
        """
        checked = checked_rows(rows, self.width)
        contributions = np.empty((len(checked), self.width + 1))
        self._share_out(len(checked), lambda share: self._contributions.explain(checked[share], contributions[share]))
        if self._single:
            close(contributions, self.margins(checked))
        return contributions
