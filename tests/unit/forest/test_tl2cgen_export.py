"""Generated C, compiled and compared with the engine."""

from pathlib import Path

import numpy as np
import pytest

from forest.engine import ForestError
from forest.tl2cgen_export import build_library, found_compiler, prove_equal, write_sources
from forest.treelite_engine import TreeliteMargins, checkpoint_of_lightgbm
from tests.unit.forest.small_models import CATEGORICAL, WIDTH, SmallModel, hard_rows, small_model

MARKED_MISSING = 0.9999999999999999
"""A number whose low 32 bits are tl2cgen's mark for a missing value."""


def compiled(model: SmallModel, directory: Path) -> tuple[Path, TreeliteMargins]:
    checkpoint = checkpoint_of_lightgbm(model.text)
    write_sources(checkpoint, directory)
    return build_library(directory, found_compiler()), TreeliteMargins.from_checkpoint(checkpoint)


@pytest.fixture(scope="module")
def numeric(tmp_path_factory: pytest.TempPathFactory) -> tuple[SmallModel, Path, TreeliteMargins]:
    """A model without categories, of more trees than there are files of C, compiled."""
    model = small_model(1, rounds=12)
    return model, *compiled(model, tmp_path_factory.mktemp("numeric") / "c")


def test_the_library_equals_the_engine_in_every_bit(numeric: tuple[SmallModel, Path, TreeliteMargins]) -> None:
    model, library, trees = numeric
    prove_equal(library, trees, hard_rows(model, np.random.default_rng(1)))


def test_the_library_of_a_model_with_categories_equals_the_engine_in_every_bit(tmp_path: Path) -> None:
    model = small_model(1, categorical=CATEGORICAL, rounds=12)
    library, trees = compiled(model, tmp_path / "c")
    prove_equal(library, trees, hard_rows(model, np.random.default_rng(1)))


def test_a_number_that_looks_like_missing_is_named(numeric: tuple[SmallModel, Path, TreeliteMargins]) -> None:
    _, library, trees = numeric
    rows = np.zeros((2, WIDTH))
    rows[1, 2] = MARKED_MISSING
    message = (
        r"differs in row 1: margin \S+, the engine's is \S+; column 2 holds 0.9999999999999999,"
        r" whose low 32 bits tl2cgen reads as its mark for missing"
    )
    with pytest.raises(ForestError, match=message):
        prove_equal(library, trees, rows)


def test_another_model_s_library_is_refused(numeric: tuple[SmallModel, Path, TreeliteMargins]) -> None:
    _, library, _ = numeric
    others = TreeliteMargins.from_checkpoint(checkpoint_of_lightgbm(small_model(2, rounds=3).text))
    with pytest.raises(ForestError, match=r"differs in row 0: margin \S+, the engine's is \S+$"):
        prove_equal(library, others, np.zeros((1, WIDTH)))


def test_without_a_compiler_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ForestError, match=r"no C compiler \(gcc, clang, cc\) on the PATH: install one"):
        found_compiler()


def test_a_compiler_that_fails_is_named(tmp_path: Path) -> None:
    write_sources(checkpoint_of_lightgbm(small_model(1, rounds=2).text), tmp_path)
    (tmp_path / "main.c").write_text("this is not C")
    with pytest.raises(ForestError, match="could not compile the C"):
        build_library(tmp_path, found_compiler())


def test_a_directory_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(ForestError, match="is not empty: give a new directory"):
        write_sources(checkpoint_of_lightgbm(small_model(1, rounds=2).text), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.acceptance  # compiling many trees takes long, and differs from twelve by nothing else
def test_the_library_of_many_trees_equals_the_engine(tmp_path: Path) -> None:
    model = small_model(3, rounds=200)
    library, trees = compiled(model, tmp_path / "c")
    prove_equal(library, trees, model.rows)
