"""tl2cgen's compiled trees through its Python package."""

import tl2cgen

from benchmarks.contestant import Answer, Contestant
from benchmarks.peers.tl2cgen_sources import VERSION, compiled_library
from benchmarks.trees_model import TreesModel
from forest.engine import Floats


def _load(model: TreesModel) -> Answer:
    predictor = tl2cgen.Predictor(compiled_library(model), nthread=1)

    def margins(rows: Floats) -> Floats:
        found: Floats = predictor.predict(tl2cgen.DMatrix(rows), pred_margin=True)
        return found.reshape(len(rows))

    return margins


CONTESTANT = Contestant("tl2cgen", VERSION, _load, remark="compiled by the system's C compiler")
