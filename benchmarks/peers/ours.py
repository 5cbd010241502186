"""Our engine of a model, for its two contestants."""

import treelite

from benchmarks.trees_model import TreesModel
from forest.native_engine import NativeEngine
from forest.native_library import load_native_library
from forest.treelite_trees import flat_trees
from forest.trees import Reading

VERSION = NativeEngine.version


def loaded(model: TreesModel) -> NativeEngine:
    """The native engine.

    Raises:
        ForestError: where this machine has none; the reference is measured as its parts, GTIL and LightGBM.
    """
    library = load_native_library()
    trees = treelite.frontend.load_lightgbm_model(model.path)
    return NativeEngine(flat_trees(trees, Reading.LIGHTGBM), library)
