"""Does a comparison choose well? Fixed splits of the UCI table of card clients, the choice blind to the test rows.

    python -m benchmarks.consumer_acceptance --splits 5 --out docs/acceptance/consumer_credit.md

For each split `blink train --compare` runs as a user runs it; then each candidate is fitted for its own AUC on the same
test rows, and MLflow's client reads everything back. A split's result is kept: a call after a kill goes on. The exit
code is 1 where anything that is asked for does not hold; the page says what.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.consumer.split_run import SplitResult, SplitWish, kept_or_run
from benchmarks.errors import BenchmarkError
from benchmarks.machine import described_machine
from benchmarks.tables import machine_line, table

SEEDS = (101, 102, 103, 104, 105)
"""Of the splits: fixed, and looked at by nobody who chose settings."""
LEAST_AUC = 0.775
MOST_BEHIND = 0.005
MINUTES = 15
WORK = Path(".build/bench/consumer_credit")
DATA = Path("../shared/data/uci_card/uci_default_raw.csv.gz")


@dataclass(frozen=True, slots=True)
class Demand:
    """Something asked for, and what was found."""

    asked: str
    found: str
    holds: bool


def candidate_means(results: Sequence[SplitResult]) -> Mapping[str, float]:
    """Mean test AUC of each candidate that every split has, the highest first."""
    shared = set.intersection(*(set(result.candidates) for result in results))
    means = {name: float(np.mean([result.candidates[name] for result in results])) for name in shared}
    return dict(sorted(means.items(), key=lambda one: (-one[1], one[0])))


def demands(results: Sequence[SplitResult]) -> tuple[Demand, ...]:
    """What is asked of the splits."""
    mean = float(np.mean([result.auc for result in results]))
    best, best_mean = next(iter(candidate_means(results).items()))
    slowest = max(result.seconds for result in results) / 60
    unlike = [f"split {result.seed}: {one}" for result in results for one in result.unlike]
    return (
        Demand(f"mean test AUC of what was chosen ≥ {LEAST_AUC}", f"{mean:.4f}", mean >= LEAST_AUC),
        Demand(
            f"within {MOST_BEHIND} of the best single candidate's",
            f"{best_mean - mean:+.4f} behind {best} ({best_mean:.4f})",
            best_mean - mean <= MOST_BEHIND,
        ),
        Demand(f"a split takes about {MINUTES} minutes", f"{slowest:.1f} at most", slowest <= MINUTES),
        Demand(
            "MLflow's client reads back what the command said",
            "; ".join(unlike) or "all of it",
            not unlike and all(result.record["manifest_is_whole"] for result in results),
        ),
    )


def page(results: Sequence[SplitResult], command: str, machine: Mapping[str, object]) -> str:
    """The results as a Markdown page."""
    splits = [
        (
            str(result.seed),
            f"{result.seconds / 60:.1f}",
            "-" if result.processor_seconds is None else f"{result.processor_seconds / 60:.1f}",
            result.chosen,
            f"{result.auc:.4f}",
            f"{result.record['trials']} ({result.record['pruned']})",
        )
        for result in results
    ]
    asked = [(one.asked, one.found, "yes" if one.holds else "NO") for one in demands(results)]
    means = [(name, f"{mean:.4f}") for name, mean in candidate_means(results).items()]
    return "\n".join(
        [
            "# Comparison on the table of credit card clients",
            "",
            f"`{command}`, {len(results)} of {len(SEEDS)} splits. {machine_line(machine)}",
            "",
            table(("asked", "found", "holds"), asked),
            "",
            table(("split's seed", "minutes", "of a processor", "chosen", "test AUC", "trials (given up)"), splits),
            "",
            "Mean test AUC of each candidate, had it been trained alone (with its own settings, and with the best that",
            "tuning found by the folds); no choice has seen it:",
            "",
            table(("candidate", "mean test AUC"), means),
            "",
        ]
    )


def main() -> int:
    """Run the splits, write the page after each; 1 where something does not hold."""
    arguments = _arguments()
    arguments.work.mkdir(parents=True, exist_ok=True)
    wish = SplitWish(arguments.data.resolve(), arguments.trials, arguments.jobs, arguments.work.resolve())
    command = f"python -m benchmarks.consumer_acceptance --splits {arguments.splits} --trials {arguments.trials}"
    results: list[SplitResult] = []
    for seed in SEEDS[: arguments.splits]:
        try:
            results.append(kept_or_run(seed, wish, _tell))
        except BenchmarkError as error:
            _tell(f"cannot run: {error}")
            return 1
        arguments.out.write_text(page(results, command, described_machine()), "utf-8")
    unmet = [one for one in demands(results) if not one.holds]
    for one in unmet:
        _tell(f"does not hold: {one.asked}: {one.found}")
    return 1 if unmet else 0


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the page")
    parser.add_argument("--splits", type=int, default=len(SEEDS), choices=range(1, len(SEEDS) + 1))
    parser.add_argument("--trials", type=int, default=30, help="of tuning, each split")
    parser.add_argument("--jobs", type=int, default=2, help="folds fitted at once")
    parser.add_argument("--data", type=Path, default=DATA, help=f"the table (default {DATA})")
    parser.add_argument("--work", type=Path, default=WORK, help=f"results and models (default {WORK})")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
