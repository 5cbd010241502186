"""Our exact contributions."""

from typing import cast

from benchmarks.contestant import Answer, Contestant
from benchmarks.peers.ours import VERSION, loaded
from benchmarks.trees_model import TreesModel
from forest.engine import Engine


def _load(model: TreesModel) -> Answer:
    engine = cast("Engine", loaded(model))
    return engine.contributions


CONTESTANT = Contestant("ours", VERSION, _load, tolerance=1e-9)
