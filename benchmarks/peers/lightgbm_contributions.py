"""LightGBM's own contributions: the baseline of the explanations' comparison."""

import lightgbm

from benchmarks.contestant import Answer, Contestant
from benchmarks.trees_model import TreesModel
from forest.engine import Floats


def _load(model: TreesModel) -> Answer:
    booster = lightgbm.Booster(model_str=model.text)

    def contributions(rows: Floats) -> Floats:
        found: Floats = booster.predict(rows, pred_contrib=True, num_threads=1)
        return found

    return contributions


CONTESTANT = Contestant("LightGBM", lightgbm.__version__, _load, remark="Booster.predict(pred_contrib=True)")
