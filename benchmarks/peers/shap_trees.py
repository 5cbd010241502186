"""shap's TreeExplainer, by its own C code."""

import lightgbm
import numpy as np
import shap

from benchmarks.contestant import Answer, Contestant
from benchmarks.trees_model import TreesModel
from forest.engine import Floats


def _load(model: TreesModel) -> Answer:
    explainer = shap.TreeExplainer(
        lightgbm.Booster(model_str=model.text), feature_perturbation="tree_path_dependent", model_output="raw"
    )
    # Of a model that it knows as LightGBM's it asks LightGBM, which is measured already.
    explainer.model.model_type = "internal"

    def contributions(rows: Floats) -> Floats:
        values = np.asarray(explainer.shap_values(rows, check_additivity=False), np.float64).reshape(rows.shape)
        base = np.full((len(rows), 1), np.ravel(explainer.expected_value)[-1], np.float64)
        return np.hstack([values, base])

    return contributions


CONTESTANT = Contestant(
    "shap", shap.__version__, _load, tolerance=1e-5, remark="TreeExplainer, path-dependent, its own C code"
)
