"""The compiled library of `forest/native`, by ctypes: the only module that calls C."""

import ctypes
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forest.credits_form import CreditsForm
from forest.engine import ForestError
from forest.native_form import NativeForm

Bytes = npt.NDArray[np.uint8]

PATH = Path(__file__).parent / "native" / "libblinkforest.so"
"""Where the build hook puts it."""

ABI = 2
"""`FOREST_ABI` of the header that this module was written for."""

_NUMBERS = (
    *(("abi", ctypes.c_int32), ("width", ctypes.c_int32), ("trees", ctypes.c_int32), ("searches", ctypes.c_int32)),
    *(("columns", ctypes.c_int32), ("is_single", ctypes.c_int32)),
    *(("largest_tree", ctypes.c_int32), ("unused", ctypes.c_int32)),
    *(("nodes", ctypes.c_int64), ("leaves", ctypes.c_int64)),
    *(("bounds_count", ctypes.c_int64), ("table_count", ctypes.c_int64)),
    *(("divisor", ctypes.c_double), ("base_score", ctypes.c_double)),
)
_ARRAYS = (
    *("search", "bounds", "column", "table", "node_start", "leaf_start", "fork", "fork_limit"),
    *("step", "step_value", "tree_depth", "walk_order", "leaf_value"),
)
_MASK_BYTES = 320
_CACHE_LINE = 64


class Forest(ctypes.Structure):
    """`struct forest`; the arrays are those of a `NativeForm` that must outlive it."""

    _fields_ = (*_NUMBERS, *((name, ctypes.c_void_p) for name in _ARRAYS), ("mask", ctypes.c_void_p))


class Credits(ctypes.Structure):
    """`struct credits`; the arrays are those of a `CreditsForm` that must outlive it."""

    _fields_ = (
        *(("trees", ctypes.c_int32), ("unused", ctypes.c_int32)),
        *((name, ctypes.c_int64) for name in ("nodes", "leaves", "curves", "largest_tree", "largest_slots")),
        ("base_value", ctypes.c_double),
        *((name, ctypes.c_void_p) for name in ("tree", "node", "leaf_value", "curve")),
    )


class Call(ctypes.Structure):
    """`struct forest_call`."""

    _fields_ = (
        *(("forest", ctypes.c_void_p), ("rows", ctypes.c_void_p), ("margins", ctypes.c_void_p)),
        *(("count", ctypes.c_int64), ("way", ctypes.c_int32), ("unused", ctypes.c_int32)),
    )


class CreditsCall(ctypes.Structure):
    """`struct credits_call`."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("forest", "credits", "rows", "contributions", "scratch")),
        *(("count", ctypes.c_int64), ("way", ctypes.c_int32), ("unused", ctypes.c_int32)),
    )


class Way(IntEnum):
    """How to compute; all ways give the same bits."""

    PORTABLE = 0
    AVX2 = 1


@dataclass(frozen=True)
class NativeLibrary:
    """The loaded library."""

    functions: ctypes.CDLL
    ways: tuple[Way, ...]
    """What this machine can do, the quickest last."""

    def forest(self, form: NativeForm) -> Forest:
        """The struct of a form, after the library's own look at every index.

        Raises:
            ForestError: where the library finds that an index would leave its array.
        """
        forest = _struct(form)
        if failed := self.functions.forest_check(ctypes.byref(forest)):
            raise ForestError(f"the native library refuses the trees: check {failed} of forest/native/check.c")
        return forest

    def masks(self, forest: Forest) -> Bytes | None:
        """Masks of small trees, which the forest now points to and which must outlive it; none of other trees."""
        if not self.functions.forest_can_mask(ctypes.byref(forest)):
            return None
        memory = np.zeros(forest.trees * _MASK_BYTES + _CACHE_LINE, np.uint8)
        masks = memory[-memory.ctypes.data % _CACHE_LINE :][: forest.trees * _MASK_BYTES]
        forest.mask = masks.ctypes.data
        self.functions.forest_fill_masks(ctypes.byref(forest), ctypes.c_void_p(forest.mask))
        return masks

    def credits(self, form: CreditsForm, forest: Forest) -> Credits:
        """The struct of what contributions need beside a forest, after the library's own look at every index.

        Raises:
            ForestError: where the library finds that an index would leave its array.
        """
        sizes = {"trees": len(form.tree), "nodes": len(form.node), "curves": len(form.curve)}
        arrays = {name: getattr(form, name).ctypes.data for name in ("tree", "node", "leaf_value", "curve")}
        numbers = {name: getattr(form, name) for name in ("base_value", "largest_tree", "largest_slots")}
        made = Credits(**sizes, leaves=len(form.leaf_value), **numbers, **arrays)
        if failed := self.functions.credits_check(ctypes.byref(forest), ctypes.byref(made)):
            raise ForestError(
                f"the native library refuses the contributions' trees: check {failed} of forest/native/credits_check.c"
            )
        return made


def load_native_library(path: Path = PATH) -> NativeLibrary:
    """The library at a path.

    Raises:
        ForestError: where there is none that this machine loads, or it is of another version than this module.
    """
    try:
        functions = ctypes.CDLL(str(path))
    except OSError as error:
        raise ForestError(f"no native library: {error}") from error
    functions.forest_size.restype = ctypes.c_int64
    given = functions.forest_abi(), functions.forest_size()
    if given != (ABI, ctypes.sizeof(Forest)):
        raise ForestError(
            f"{path.name} has version and size {given}, not {(ABI, ctypes.sizeof(Forest))}: build it again"
        )
    address = ctypes.c_void_p
    functions.forest_margins.argtypes = (address,)
    functions.credits_scratch.restype = ctypes.c_int64
    functions.credits_compute.argtypes = (address,)
    functions.credits_compute.restype = None
    ways = (Way.PORTABLE, Way.AVX2) if functions.forest_has_avx2() else (Way.PORTABLE,)
    return NativeLibrary(functions=functions, ways=ways)


def _struct(form: NativeForm) -> Forest:
    sizes = {
        "trees": len(form.tree_depth),
        "searches": len(form.search),
        "columns": len(form.column),
        "nodes": len(form.node),
        "leaves": len(form.leaf_value),
        "bounds_count": len(form.bounds),
        "table_count": len(form.table),
        "largest_tree": form.largest_tree,
    }
    numbers = {name: getattr(form, name) for name in ("width", "is_single", "divisor", "base_score")}
    arrays = {name: getattr(form, name).ctypes.data for name in _ARRAYS}
    return Forest(abi=ABI, **sizes, **numbers, **arrays)
