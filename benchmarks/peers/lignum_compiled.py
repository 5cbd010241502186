"""pylignum with its trees compiled by the system's C compiler."""

from benchmarks.contestant import Answer, Contestant
from benchmarks.peers.lignum_trees import VERSION, answer_of, loaded
from benchmarks.trees_model import TreesModel


def _load(model: TreesModel) -> Answer:
    trees = loaded(model)
    library = model.folder / f"pylignum-{VERSION}.so"
    if library.exists():
        trees.load_compiled(str(library))
    else:
        trees.compile(library=str(library))
    return answer_of(trees)


CONTESTANT = Contestant("pylignum compiled", VERSION, _load, remark="compiled by the system's C compiler")
