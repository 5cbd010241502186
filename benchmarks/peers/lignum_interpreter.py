"""pylignum without a compiler."""

from benchmarks.contestant import Answer, Contestant
from benchmarks.peers.lignum_trees import VERSION, answer_of, loaded
from benchmarks.trees_model import TreesModel


def _load(model: TreesModel) -> Answer:
    return answer_of(loaded(model))


CONTESTANT = Contestant("pylignum", VERSION, _load, remark="its interpreter")
