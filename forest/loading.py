"""The engine of a model: the native one, or where no native library can be had the reference."""

import logging
from functools import cache
from pathlib import Path

from forest.engine import Engine, ForestError
from forest.lightgbm_text import check_exact, feature_count
from forest.native_library import PATH, NativeLibrary, load_native_library
from forest.trees import FlatTrees, Reading

_log = logging.getLogger(__name__)


def load_engine(checkpoint: bytes, reading: Reading, *, threads: int = 1, library: Path = PATH) -> Engine:
    """The engine of a Treelite checkpoint.

    Args:
        checkpoint: of a model with one margin (for LightGBM there is `load_lightgbm_engine`, which reads its text).
        reading: how the model's library reads a row.
        threads: threads that share the rows of one call of the native engine.
        library: the compiled library.

    Raises:
        ForestError: where the model cannot be read, or not served exactly, with the reason.
    """
    if (native := _native_library(library)) is None:
        from forest.reference import load_reference_engine  # noqa: PLC0415

        return load_reference_engine(checkpoint, reading)
    return _native_engine(_trees(checkpoint, reading), native, threads)


def load_lightgbm_engine(*, checkpoint: bytes, model_text: str, threads: int = 1, library: Path = PATH) -> Engine:
    """The engine of a LightGBM model given in both forms. LightGBM itself is imported by the reference engine only.

    That the two are the same model is for the caller to prove (a bundle's golden rows do).

    Raises:
        ForestError: where one cannot be read or served exactly (a checkpoint does not say that zero was read as
            missing, the text does), or they differ in width.
    """
    check_exact(model_text)
    if (native := _native_library(library)) is None:
        from forest.reference import load_lightgbm_reference  # noqa: PLC0415

        return load_lightgbm_reference(checkpoint=checkpoint, model_text=model_text)
    trees, width = _trees(checkpoint, Reading.LIGHTGBM), feature_count(model_text)
    if trees.width != width:
        raise ForestError(f"the checkpoint has {trees.width} features, the LightGBM model {width}")
    return _native_engine(trees, native, threads)


# Each imports what takes time: whoever asks for the name of a room does not wait for it.


def _trees(checkpoint: bytes, reading: Reading) -> FlatTrees:
    from forest.treelite_engine import read_checkpoint  # noqa: PLC0415
    from forest.treelite_trees import flat_trees  # noqa: PLC0415

    return flat_trees(read_checkpoint(checkpoint), reading)


def _native_engine(trees: FlatTrees, library: NativeLibrary, threads: int) -> Engine:
    from forest.native_engine import NativeEngine  # noqa: PLC0415

    return NativeEngine(trees, library, threads=threads)


@cache
def _native_library(path: Path) -> NativeLibrary | None:
    try:
        return load_native_library(path)
    except ForestError as error:
        # Once a process: the cache keeps the answer.
        _log.warning("%s; the reference engine serves, which takes about a hundred times as long", error)
        return None
