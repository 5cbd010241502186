"""tl2cgen's compiled trees, their C function called directly: as a service in C would, one row at a time."""

import ctypes

import numpy as np

from benchmarks.contestant import Answer, Contestant
from benchmarks.peers.tl2cgen_sources import VERSION, compiled_library
from benchmarks.trees_model import FEATURES, TreesModel
from forest.engine import Floats

_MISSING = np.frombuffer(b"\xff" * 8, np.float64)[0]
"""A NaN whose low half is -1, which the generated C looks for."""
_AS_MARGIN = 1


def _load(model: TreesModel) -> Answer:
    predict = ctypes.CDLL(str(compiled_library(model))).predict
    predict.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    predict.restype = None
    entries = np.empty(FEATURES)
    margin = np.zeros(1)
    entries_at, margin_at = entries.ctypes.data, margin.ctypes.data

    def margins(rows: Floats) -> Floats:
        row = rows[0]
        np.copyto(entries, row)
        entries[np.isnan(row)] = _MISSING
        margin[0] = 0.0
        predict(entries_at, _AS_MARGIN, margin_at)
        return margin

    return margins


CONTESTANT = Contestant("tl2cgen C, one row", VERSION, _load, largest_batch=1, remark="the compiled predict by ctypes")
