"""pylignum's way to load a model, for its two contestants. The package is installed as `pylignum`."""

from importlib.metadata import version
from typing import Any

import lignum

from benchmarks.contestant import Answer
from benchmarks.trees_model import TreesModel
from forest.engine import Floats

VERSION = version("pylignum")


def loaded(model: TreesModel) -> Any:
    """Its model object."""
    return lignum.load(str(model.path))


def answer_of(trees: Any) -> Answer:
    """Margins by its fastest call for one thread."""

    def margins(rows: Floats) -> Floats:
        found: Floats = trees.predict(rows, raw_score=True, n_jobs=1, strategy="serial")
        return found

    return margins
