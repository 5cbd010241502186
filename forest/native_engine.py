"""The engine in C: trees over bytes, one and the same answer on every processor."""

import ctypes
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from forest.credits_form import credits_form
from forest.engine import Floats, ForestError, checked_rows
from forest.native_form import native_form
from forest.native_library import Call, NativeLibrary, Way
from forest.trees import FlatTrees

VERSION = "1"
"""Raised when an answer of the engine could change in any bit."""


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
        self._way = library.ways[-1] if way is None else way
        if self._way not in library.ways:
            raise ForestError(f"this machine cannot compute by {self._way.name}")
        self._threads = threads
        self._form = native_form(trees)
        self._forest = library.forest(self._form)
        self._library = library
        self._credits_form = credits_form(trees, self._form)
        self._credits = library.credits(self._credits_form, self._forest)
        self._margins = library.functions.forest_margins
        self._address = ctypes.addressof(self._forest)

    def margins(self, rows: Floats) -> Floats:
        """Margins float64 [n], equal to GTIL's in every bit, for rows float64 [n, width] (NaN is missing)."""
        checked = checked_rows(rows, self.width)
        margins = np.empty(len(checked))
        call = Call(self._address, checked.ctypes.data, margins.ctypes.data, len(checked), self._way)
        if self._margins(ctypes.addressof(call)):
            raise MemoryError("the native engine has no memory for its scratch")
        return margins

    def contributions(self, rows: Floats) -> Floats:
        """TreeSHAP of the margin float64 [n, width + 1], base value last, for rows float64 [n, width]."""
        checked = checked_rows(rows, self.width)
        contributions = np.empty((len(checked), self.width + 1))
        answer = self._library.functions.credits_compute(
            self._address,
            ctypes.addressof(self._credits),
            checked.ctypes.data,
            len(checked),
            contributions.ctypes.data,
            self._way,
        )
        if answer:
            raise MemoryError("the native engine has no memory for its scratch")
        return contributions
