"""fasttreeshap's TreeExplainer, with the algorithm that it chooses itself."""

import sys
from importlib.metadata import version

import lightgbm
import numpy as np

from benchmarks.contestant import Answer, Contestant
from benchmarks.trees_model import TreesModel
from forest.engine import Floats

# Its plots need a function that NumPy 2 has not; it leaves them out where there is no matplotlib.
_kept = sys.modules.get("matplotlib")
sys.modules["matplotlib"] = None  # type: ignore[assignment]  # how an import is refused
try:
    import fasttreeshap
finally:
    del sys.modules["matplotlib"]
    if _kept is not None:
        sys.modules["matplotlib"] = _kept


def _load(model: TreesModel) -> Answer:
    booster = lightgbm.Booster(model_str=model.text)
    explainer = fasttreeshap.TreeExplainer(booster, algorithm="auto", n_jobs=1, shortcut=False)

    def contributions(rows: Floats) -> Floats:
        values = np.asarray(explainer.shap_values(rows, check_additivity=False), np.float64)
        base = np.full((len(rows), 1), np.ravel(explainer.expected_value)[-1], np.float64)
        return np.hstack([values.reshape(rows.shape), base])

    return contributions


CONTESTANT = Contestant("fasttreeshap", version("fasttreeshap"), _load, tolerance=1e-5, remark="algorithm=auto")
