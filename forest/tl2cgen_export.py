"""Trees as generated C and its shared library, proved equal to the engine before anyone uses it."""

import shutil
from pathlib import Path

import numpy as np
import tl2cgen

from forest.engine import Floats, ForestError
from forest.treelite_engine import TreeliteMargins, read_checkpoint

VERSION: str = tl2cgen.__version__

_COMPILERS = ("gcc", "clang", "cc")
_SOURCE_FILES = 8
"""C files that the trees are spread over: one file of hundreds of trees takes a compiler minutes."""
_MISSING_LOW_BITS = 0xFFFFFFFF
"""tl2cgen marks a missing value by these low 32 bits of the double, which a number may also have."""


def write_sources(checkpoint: bytes, directory: Path) -> tuple[str, ...]:
    """Write the C of a Treelite checkpoint into a new directory; the names of its files.

    Raises:
        ForestError: where the directory holds something already, or the checkpoint cannot be read.
    """
    if directory.exists() and any(directory.iterdir()):
        raise ForestError(f"{directory} is not empty: give a new directory for the generated C")
    trees = read_checkpoint(checkpoint)
    try:
        tl2cgen.generate_c_code(trees, directory, {"parallel_comp": min(_SOURCE_FILES, trees.num_tree)})
    except tl2cgen.TL2cgenError as error:
        raise ForestError(f"tl2cgen {VERSION} cannot generate C for this model: {error}") from error
    return tuple(sorted(path.name for path in directory.iterdir() if path.suffix in {".c", ".h"}))


def found_compiler() -> str:
    """The C compiler on the search path.

    Raises:
        ForestError: where there is none.
    """
    for compiler in _COMPILERS:
        if shutil.which(compiler):
            return compiler
    raise ForestError(
        f"no C compiler ({', '.join(_COMPILERS)}) on the PATH: install one (on Debian `apt-get install gcc`)"
        " and export again, or compile the generated C elsewhere"
    )


def build_library(directory: Path, compiler: str) -> Path:
    """Compile what `write_sources` wrote; the path of the shared library.

    Raises:
        ForestError: where the compiler fails, with what it said.
    """
    try:
        library = tl2cgen.create_shared(compiler, directory, nthread=1, long_build_time_warning=False)
    except (tl2cgen.TL2cgenError, RuntimeError) as error:
        raise ForestError(f"{compiler} could not compile the C in {directory}: {error}") from error
    for leftover in directory.glob("*.o"):
        leftover.unlink()
    return Path(library)


def prove_equal(library: Path, trees: TreeliteMargins, rows: Floats) -> None:
    """Prove that a compiled library gives the engine's margins to the bit on rows float64 [n, width], n > 0.

    Both get the rows as LightGBM reads them (`forest.lightgbm_reading`); whoever calls the C must do the same.

    Raises:
        ForestError: naming the first row that differs, both values, and the known cause where it is that.
    """
    read = trees.read(rows)
    expected = trees.margins(rows)
    predictor = tl2cgen.Predictor(library, nthread=1)
    given = predictor.predict(tl2cgen.DMatrix(read), pred_margin=True).reshape(-1)
    for row in np.flatnonzero(given.view(np.uint64) != expected.view(np.uint64))[:1]:
        raise ForestError(
            f"the compiled library differs in row {row}: margin {float(given[row])!r},"
            f" the engine's is {float(expected[row])!r}{_known_cause(read[row])}"
        )


def _known_cause(row: Floats) -> str:
    low_bits = row.view(np.uint64) & np.uint64(_MISSING_LOW_BITS)
    columns = np.flatnonzero((low_bits == _MISSING_LOW_BITS) & ~np.isnan(row))
    if not len(columns):
        return ""
    value = float(row[columns[0]])
    return f"; column {columns[0]} holds {value!r}, whose low 32 bits tl2cgen reads as its mark for missing"
