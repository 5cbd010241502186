"""Contributions by the native library, with scratch that is kept from call to call."""

import ctypes

import numpy as np
import numpy.typing as npt

from forest.credits_form import CreditsForm
from forest.engine import Floats
from forest.native_library import CreditsCall, Forest, NativeLibrary, Way


class NativeContributions:
    """What the library computes contributions from. Threads may share it."""

    def __init__(self, form: CreditsForm, forest: Forest, library: NativeLibrary, way: Way) -> None:
        """Lay out the trees for the library.

        Args:
            form: the trees.
            forest: the same trees as the library predicts with; must outlive this.
            library: the compiled library.
            way: one of the library's ways.

        Raises:
            ForestError: where the library finds that an index would leave its array.
        """
        self._form = form
        self._credits = library.credits(form, forest)
        self._compute = library.functions.credits_compute
        self._addresses = ctypes.addressof(forest), ctypes.addressof(self._credits)
        self._way = way
        self._scratch_size: int = library.functions.credits_scratch(*map(ctypes.c_void_p, self._addresses))
        # Handed out and taken back; a list's pop and append are atomic, so that threads never share one.
        self._scratch: list[npt.NDArray[np.int8]] = []

    def explain(self, rows: Floats, contributions: Floats) -> None:
        """Write TreeSHAP of the rows, C-contiguous float64 [n, width], into C-contiguous float64 [n, width + 1]."""
        try:
            scratch = self._scratch.pop()
        except IndexError:
            scratch = np.empty(self._scratch_size, np.int8)
        places = rows.ctypes.data, contributions.ctypes.data, scratch.ctypes.data
        call = CreditsCall(*self._addresses, *places, len(rows), self._way)
        self._compute(ctypes.addressof(call))
        self._scratch.append(scratch)
