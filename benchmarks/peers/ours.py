"""Our engine of a model, for its two contestants."""

from benchmarks.trees_model import TreesModel
from forest.engine import Engine, ForestError
from forest.loading import load_lightgbm_engine
from forest.native_engine import NativeEngine
from forest.treelite_engine import checkpoint_of_lightgbm

VERSION = NativeEngine.version


def loaded(model: TreesModel) -> Engine:
    """The engine, as a bundle loads it.

    Raises:
        ForestError: where it is not the native one: the reference is measured as its parts, GTIL and LightGBM.
    """
    engine = load_lightgbm_engine(checkpoint=checkpoint_of_lightgbm(model.text), model_text=model.text)
    if engine.version != VERSION:
        raise ForestError(f"{engine.name} serves here, because there is no native library: `make setup` builds it")
    return engine
