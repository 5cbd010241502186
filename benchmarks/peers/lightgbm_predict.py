"""LightGBM as most people call it: the baseline of the engine's comparison."""

import lightgbm

from benchmarks.contestant import Answer, Contestant
from benchmarks.trees_model import TreesModel
from forest.engine import Floats


def _load(model: TreesModel) -> Answer:
    booster = lightgbm.Booster(model_str=model.text)

    def margins(rows: Floats) -> Floats:
        found: Floats = booster.predict(rows, raw_score=True, num_threads=1)
        return found

    return margins


CONTESTANT = Contestant("LightGBM", lightgbm.__version__, _load, remark="Booster.predict(raw_score=True)")
