"""Our engine, as a bundle loads it."""

from benchmarks.contestant import Answer, Contestant
from benchmarks.peers.ours import VERSION, loaded
from benchmarks.trees_model import TreesModel


def _load(model: TreesModel) -> Answer:
    return loaded(model).margins


CONTESTANT = Contestant("ours", VERSION, _load)
