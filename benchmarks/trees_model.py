"""The models that are compared: LightGBM's own, trained on generated rows, the same on every machine."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np

from benchmarks.errors import BenchmarkError
from forest.engine import Floats

FEATURES = 40
MISSING = 0.1
TRAINING_ROWS = 20_000
TEST_ROWS = 10_000
SEED = 5
FORMAT = 2
"""Raised when a case is trained otherwise."""


@dataclass(frozen=True, slots=True)
class TreesCase:
    """A size of model."""

    trees: int
    leaves: int
    """Of each tree."""

    @property
    def name(self) -> str:
        """As in a table: 500 × 31."""
        return f"{self.trees} × {self.leaves}"


@dataclass(frozen=True, slots=True)
class TreesModel:
    """A trained model with rows to ask it."""

    case: TreesCase
    text: str
    """LightGBM's own format."""
    rows: Floats
    """float64 [TEST_ROWS, FEATURES], none of them trained on, NaN where missing."""
    folder: Path
    """Where contestants keep what they make of this model, such as compiled trees."""

    @property
    def path(self) -> Path:
        """The text as a file, for contestants that read one."""
        return self.folder / "model.txt"


def parsed_case(text: str) -> TreesCase:
    """A case from TREESxLEAVES.

    Raises:
        BenchmarkError: where it is none.
    """
    trees, _, leaves = text.partition("x")
    if not (trees.isdecimal() and leaves.isdecimal() and int(trees) >= 1 and int(leaves) >= 2):
        raise BenchmarkError(f"{text!r} is no size of a model: give TREESxLEAVES, such as 500x31")
    return TreesCase(int(trees), int(leaves))


def trained_model(case: TreesCase, cache: Path) -> TreesModel:
    """The model of a case; trained once, then read from the cache, by case, `FORMAT` and LightGBM's version.

    What contestants keep in its folder is of this very text: the folder's name has its hash.
    """
    cache.mkdir(parents=True, exist_ok=True)
    kept = cache / f"{case.trees}x{case.leaves}-{FORMAT}-lightgbm-{lightgbm.__version__}.txt"
    if not kept.exists():
        kept.write_text(_trained_text(case), "utf-8")
    text = kept.read_text("utf-8")
    folder = cache / f"{case.trees}x{case.leaves}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    folder.mkdir(exist_ok=True)
    (folder / "model.txt").write_text(text, "utf-8")
    return TreesModel(case, text, generated_rows(TEST_ROWS, np.random.default_rng(SEED + 1)), folder)


def generated_rows(count: int, rng: np.random.Generator) -> Floats:
    """Rows as a lender has them, float64 [count, FEATURES]: a quarter each of four kinds, a tenth missing.

    Differences (normal), amounts (log-normal), counts (whole numbers) and amounts in cents. Splits on unrelated
    rows are hard to foresee, as those on people are.
    """
    quarter = FEATURES // 4
    rows = rng.normal(size=(count, FEATURES))
    rows[:, quarter : 2 * quarter] = np.exp(rows[:, quarter : 2 * quarter])
    rows[:, 2 * quarter : 3 * quarter] = np.round(rows[:, 2 * quarter : 3 * quarter] * 4)
    rows[:, 3 * quarter :] = np.round(np.exp(rows[:, 3 * quarter :] * 2), 2)
    rows[rng.random(rows.shape) < MISSING] = np.nan
    return rows


def _trained_text(case: TreesCase) -> str:
    rng = np.random.default_rng(SEED)
    rows = generated_rows(TRAINING_ROWS, rng)
    settings = {
        "objective": "binary",
        "num_leaves": case.leaves,
        "learning_rate": 0.05,
        "min_data_in_leaf": 20,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": SEED,
        "verbosity": -1,
    }
    training = lightgbm.Dataset(rows, _defaulted(rows, rng), feature_name=[f"f{column}" for column in range(FEATURES)])
    booster = lightgbm.train(settings, training, case.trees)
    return str(booster.model_to_string())


def _defaulted(rows: Floats, rng: np.random.Generator) -> Floats:
    # Interactions and curves, so that trees of many leaves find something to split on until the end.
    known = np.nan_to_num(rows)
    risk = (
        known[:, 0] * known[:, 1]
        + 0.5 * np.sin(2 * known[:, 3])
        + np.log1p(known[:, 12])
        - 0.3 * np.abs(known[:, 22])
        + 0.2 * known[:, 31:36].clip(0, 3).sum(axis=1)
        - 1
    )
    defaulted: Floats = (rng.random(len(rows)) < 1 / (1 + np.exp(-risk))).astype(np.float64)
    return defaulted
