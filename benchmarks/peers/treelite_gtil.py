"""Treelite's reference predictor."""

import treelite

from benchmarks.contestant import Answer, Contestant
from benchmarks.trees_model import TreesModel
from forest.engine import Floats


def _load(model: TreesModel) -> Answer:
    trees = treelite.frontend.load_lightgbm_model(model.path)

    def margins(rows: Floats) -> Floats:
        found: Floats = treelite.gtil.predict(trees, rows, nthread=1, pred_margin=True)
        return found.reshape(len(rows))

    return margins


CONTESTANT = Contestant("Treelite GTIL", treelite.__version__, _load)
