"""The two comparisons that run in this process: margins, and the contributions that explain them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.comparison import Batch, Comparison, Tell, compare
from benchmarks.contestant import assemble
from benchmarks.errors import BenchmarkError
from benchmarks.machine import described_machine, pinned
from benchmarks.trees_model import TreesCase, trained_model


@dataclass(frozen=True, slots=True)
class TreesBenchmark:
    """What is compared, by whom, and how."""

    title: str
    modules: Sequence[str]
    """Of `benchmarks.peers`; the first is the baseline."""
    batches: Sequence[Batch]
    cases: Sequence[TreesCase]


CASES = (TreesCase(500, 31), TreesCase(200, 31), TreesCase(1000, 63))

ENGINE = TreesBenchmark(
    title="Margins",
    modules=(
        *("lightgbm_predict", "ours_margins", "lignum_compiled", "lignum_interpreter", "lightgbm_single_row"),
        *("tl2cgen_library", "tl2cgen_predictor", "onnx_runtime", "treelite_gtil"),
    ),
    batches=(Batch(1, 200, 25), Batch(32, 10, 25), Batch(1000, 1, 15), Batch(10_000, 1, 5)),
    cases=CASES,
)

EXPLAIN = TreesBenchmark(
    title="Contributions",
    modules=("lightgbm_contributions", "ours_contributions", "shap_trees", "fasttreeshap_trees"),
    batches=(Batch(1, 20, 9), Batch(32, 1, 9), Batch(1000, 1, 3)),
    cases=CASES,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller wants otherwise; None: as the benchmark has it."""

    work: Path
    """Where the models are kept."""
    cases: Sequence[TreesCase] | None = None
    batches: Sequence[int] | None = None
    """Rows at once, of those that the benchmark has."""
    rounds: int | None = None
    core: int | None = None
    modules: Sequence[str] | None = None
    """Contestants, of those that the benchmark has; the baseline always takes part."""


def run(benchmark: TreesBenchmark, wish: Wish, tell: Tell) -> dict[str, Any]:
    """Run a comparison on one core; what was found, as JSON.

    Raises:
        BenchmarkError: where the wish cannot be had, or ours answers wrongly.
    """
    modules, batches = _modules(benchmark, wish), _batches(benchmark, wish)
    with pinned(wish.core) as core:
        tell(f"pinned to core {core}, one thread")
        models = [trained_model(case, wish.work / "models") for case in wish.cases or benchmark.cases]
        return as_facts(benchmark.title, compare(models, batches, assemble(modules), tell))


def as_facts(title: str, comparison: Comparison) -> dict[str, Any]:
    """A comparison as JSON."""
    return {
        "title": title,
        "machine": dict(described_machine()),
        "baseline": comparison.baseline,
        "contestants": [
            {"name": one.name, "version": one.version, "remark": one.remark} for one in comparison.contestants
        ],
        "absent": [asdict(one) for one in comparison.absent],
        "proved": [asdict(one) for one in comparison.proved],
        "measured": [asdict(one) for one in comparison.measured],
    }


def _modules(benchmark: TreesBenchmark, wish: Wish) -> Sequence[str]:
    if wish.modules is None:
        return benchmark.modules
    unknown = sorted(set(wish.modules) - set(benchmark.modules))
    if unknown:
        raise BenchmarkError(f"no contestant {', '.join(unknown)}; there are {', '.join(benchmark.modules)}")
    baseline, *others = benchmark.modules
    return [baseline, *(name for name in others if name in wish.modules)]


def _batches(benchmark: TreesBenchmark, wish: Wish) -> Sequence[Batch]:
    sizes = [batch.rows for batch in benchmark.batches]
    unknown = sorted(set(wish.batches or ()) - set(sizes))
    if unknown:
        raise BenchmarkError(f"no batch of {', '.join(map(str, unknown))} rows; there are {', '.join(map(str, sizes))}")
    chosen = [batch for batch in benchmark.batches if not wish.batches or batch.rows in wish.batches]
    return [batch if wish.rounds is None else replace(batch, rounds=wish.rounds) for batch in chosen]
