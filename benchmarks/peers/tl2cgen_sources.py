"""The compiled trees of tl2cgen, made once for each model: tens of seconds of a C compiler."""

from pathlib import Path

import tl2cgen
import treelite

from benchmarks.trees_model import TreesModel
from forest.tl2cgen_export import build_library, found_compiler

VERSION: str = tl2cgen.__version__
_SOURCE_FILES = 8


def compiled_library(model: TreesModel) -> Path:
    """The shared library of a model.

    Raises:
        ForestError: where there is no C compiler, or it fails.
    """
    folder = model.folder / f"tl2cgen-{VERSION}"
    kept = next(folder.glob("*.so"), None)
    if kept is not None:
        return kept
    trees = treelite.frontend.load_lightgbm_model(model.path)
    tl2cgen.generate_c_code(trees, folder, {"parallel_comp": min(_SOURCE_FILES, model.case.trees)})
    return build_library(folder, found_compiler())
