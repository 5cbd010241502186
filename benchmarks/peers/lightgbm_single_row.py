"""LightGBM's C function for one row at a time, whose set-up is done once."""

import ctypes

import lightgbm
import numpy as np
from lightgbm.basic import _LIB as LIBRARY
from lightgbm.basic import _safe_call

from benchmarks.contestant import Answer, Contestant
from benchmarks.trees_model import FEATURES, TreesModel
from forest.engine import Floats

_RAW_SCORE = 1
_FLOAT64 = 1
_ALL_TREES = -1


def _load(model: TreesModel) -> Answer:
    booster = lightgbm.Booster(model_str=model.text)
    prepared = ctypes.c_void_p()
    _safe_call(
        LIBRARY.LGBM_BoosterPredictForMatSingleRowFastInit(
            booster._handle,  # noqa: SLF001 - the C function takes what only this attribute holds
            _RAW_SCORE,
            0,
            _ALL_TREES,
            _FLOAT64,
            FEATURES,
            b"num_threads=1",
            ctypes.byref(prepared),
        )
    )
    call = LIBRARY.LGBM_BoosterPredictForMatSingleRowFast
    length = ctypes.c_int64()
    margin = np.empty(1)
    handle, length_at, margin_at = prepared.value, ctypes.addressof(length), margin.ctypes.data
    call.argtypes = [ctypes.c_void_p] * 4

    def margins(rows: Floats, _kept_alive: object = (booster, length)) -> Floats:
        call(handle, rows.ctypes.data, length_at, margin_at)
        return margin

    return margins


CONTESTANT = Contestant(
    "LightGBM C, one row",
    lightgbm.__version__,
    _load,
    largest_batch=1,
    remark="LGBM_BoosterPredictForMatSingleRowFast by ctypes",
)
