"""Are the native engine's margins GTIL's in every bit, and the library's? Millions of rows look for a difference.

    python -m benchmarks.engine_proof --rows 10000000 --out docs/acceptance/engine_proof.md

For each model of `proof_models`: rows as in training, with numbers sown into them that engines get wrong (thresholds
and their neighbours in float64 and float32, infinities, both zeros, denormals, LightGBM's zero, categories that are
unseen, negative, fractional, huge). The portable and the AVX2 way and GTIL must agree in every bit on every row, some
rows are asked one by one, and the library's own margins must agree on the rows that it accepts.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
import sklearn
import treelite
import xgboost

from benchmarks.machine import described_machine
from benchmarks.proof_models import CATEGORICAL, WIDTH, Floats, ProofModel, proof_models, training_rows
from benchmarks.tables import machine_line
from forest.lightgbm_reading import ZERO_THRESHOLD
from forest.native_engine import NativeEngine
from forest.native_library import load_native_library
from forest.treelite_engine import TreeliteMargins, read_checkpoint
from forest.treelite_trees import flat_trees
from forest.trees import FlatTrees

BLOCK = 50_000
_ONE_BY_ONE = 500
_HARD = (
    *(np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -5e-324, 1e300, -1e300, 1e-45, 3.4028235677973366e38),
    *(ZERO_THRESHOLD, -ZERO_THRESHOLD, np.nextafter(ZERO_THRESHOLD, 1), np.nextafter(-ZERO_THRESHOLD, -1), 1e-36),
)
_HARD_CATEGORIES = (
    *(-1.0, -0.5, -1e-36, 0.5, 3.7, 5.999999999999999, 39.0, 40.0, 41.0, 1e9, 2.0**24, 2.0**24 + 1, 2.0**31, 1e300),
    *(2.0**32 - 1, 2.0**33 + 1, -(2.0**31) - 1, np.inf, -np.inf, np.nan, -0.0),
)


@dataclass
class Figures:
    """What was compared of one model, and how much of it differed."""

    model: ProofModel
    trees: int
    largest: int
    rows: int = 0
    different_ways: int = 0
    different_gtil: int = 0
    own_rows: int = 0
    own_different: int = 0
    own_largest: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether nothing differs that may not."""
        bits = self.different_ways + self.different_gtil + (self.own_different if self.model.tolerance == 0 else 0)
        return bits == 0 and self.own_largest <= self.model.tolerance


def hard_rows(trees: FlatTrees, rng: np.random.Generator) -> Iterator[Floats]:
    """Blocks of rows without end."""
    numeric = trees.node_set < 0
    of_column = [trees.node_threshold[numeric & (trees.node_feature == column)] for column in range(WIDTH)]
    while True:
        rows, _ = training_rows(rng, BLOCK)
        sown = rng.random(rows.shape) < rng.choice([0.0, 0.1, 0.5])
        for column in range(WIDTH):
            places = np.flatnonzero(sown[:, column])
            rows[places, column] = _sown(of_column[column], len(places), rng, categorical=column in CATEGORICAL)
        yield rows


def _sown(thresholds: Floats, count: int, rng: np.random.Generator, *, categorical: bool) -> Floats:
    if categorical and rng.random() < 0.7:
        return rng.choice(_HARD_CATEGORIES, count)
    if not len(thresholds):
        return rng.choice(_HARD, count)
    with np.errstate(over="ignore"):
        singles = thresholds.astype(np.float32)
        above, below = (np.nextafter(singles, np.float32(end)).astype(np.float64) for end in (np.inf, -np.inf))
    near = [
        *(thresholds, np.nextafter(thresholds, np.inf), np.nextafter(thresholds, -np.inf)),
        *(above, below, (singles + above) / 2, (singles + below) / 2),
    ]
    return np.where(rng.random(count) < 0.3, rng.choice(_HARD, count), rng.choice(np.concatenate(near), count))


def prove(model: ProofModel, rows: int, rng: np.random.Generator) -> Figures:
    """Compare a model on at least so many rows."""
    trees = flat_trees(read_checkpoint(model.checkpoint), model.reading)
    reference = TreeliteMargins.from_checkpoint(model.checkpoint, model.reading)
    library = load_native_library()
    engines = [NativeEngine(trees, library, way=way) for way in library.ways]
    figures = Figures(model, trees.tree_count, int(np.diff(trees.leaf_start).max()))
    for block in hard_rows(trees, rng):
        given = [engine.margins(block) for engine in engines]
        single = np.concatenate([engines[-1].margins(row[None]) for row in block[:_ONE_BY_ONE]])
        figures.different_ways += _different(given[0], given[-1]) + _different(given[0][:_ONE_BY_ONE], single)
        figures.different_gtil += _different(given[0], reference.margins(block))
        _compare_own(figures, block, given[0])
        figures.rows += len(block)
        if figures.rows >= rows:
            break
    return figures


def _compare_own(figures: Figures, block: Floats, given: Floats) -> None:
    model = figures.model
    accepted = np.ones(len(block), np.bool_)
    if model.refuses_infinity:
        with np.errstate(over="ignore"):
            accepted = np.logical_not(np.isinf(block.astype(np.float32)).any(axis=1, keepdims=True))[:, 0]
    if model.library == "XGBoost":
        # It has no answer for these categories; Treelite sends them left.
        columns = block[:, CATEGORICAL]
        accepted &= ~((columns < 0) | (columns >= 2**24)).any(axis=1)
    own, ours = np.asarray(model.own_margins(block[accepted])), given[accepted]
    figures.own_rows += len(own)
    figures.own_different += _different(own, ours)
    figures.own_largest = max(figures.own_largest, float(np.abs(own - ours).max(initial=0.0)))


def _different(one: Floats, other: Floats) -> int:
    return int((one.view(np.uint64) != other.view(np.uint64)).sum())


def page(proved: list[Figures], seconds: float) -> str:
    """The figures as Markdown."""
    return _PAGE.format(
        rows=sum(one.rows for one in proved),
        models=len(proved),
        minutes=seconds / 60,
        machine=machine_line(described_machine()),
        versions=_versions(),
        table="\n".join(map(_line, proved)),
    )


_PAGE = """# The native engine's margins, row by row

Written by `python -m benchmarks.engine_proof`, which says what was compared: {rows:,} rows, {models} models in
{minutes:.0f} minutes. Differences are counts of rows of which any bit differs: between the ways to compute, from GTIL,
from the library itself on the rows that it accepts.

{machine} Versions: {versions}.

| library | model | trees | largest (leaves) | rows | ways | GTIL | own rows | own | largest |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|
{table}

XGBoost adds its base score first and GTIL last, both in float32: what can be asked is a difference of 1e-5 at most.
"""


def _versions() -> str:
    modules = (treelite, lightgbm, xgboost, sklearn)
    return ", ".join(f"{module.__name__} {module.__version__}" for module in modules)


def _line(one: Figures) -> str:
    return (
        f"| {one.model.library} | {one.model.kind} | {one.trees} | {one.largest} | {one.rows:,} | {one.different_ways}"
        f" | {one.different_gtil} | {one.own_rows:,} | {one.own_different:,} | {one.own_largest:.1e} |"
    )


def main() -> None:
    """Prove all models; the exit code says whether nothing differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="over all models")
    parser.add_argument("--models", type=int, default=24, help="that the rows are spread over")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    started, proved = time.monotonic(), []
    for seed, model in enumerate(proof_models()):
        proved.append(prove(model, -(-arguments.rows // arguments.models), np.random.default_rng([seed, 4])))
        one = proved[-1]
        print(f"{model.library}, {model.kind}: {one.rows:,} rows, {'holds' if one.holds else 'DIFFERS'}", flush=True)
        arguments.out.write_text(page(proved, time.monotonic() - started), encoding="utf-8")
    sys.exit(not all(one.holds for one in proved))


if __name__ == "__main__":
    main()
