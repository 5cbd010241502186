"""Does the server stand damaged requests, load and changing champions? One `blink serve` on a database of its own.

    python -m benchmarks.serving_acceptance --out docs/acceptance/serving.md

Three parts, one after another: requests that schemathesis makes from /openapi.json and from the protocol's document,
which a package index has to give; damaged requests among good ones;
half of the highest rate while a new champion takes over every minute. The exit code is 1 where anything that is asked
for does not hold; the page says what. A run of less than the default times is for trying it.
"""

import argparse
import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.server_benchmark import cores
from benchmarks.serving.acceptance_facts import AcceptanceFacts, criteria
from benchmarks.serving.acceptance_page import page
from benchmarks.serving.acceptance_run import AcceptanceWish, run
from blink.bench_database import SETTINGS, new_database
from blink.bench_output import tell

WORK = Path(".build/bench")
_LEAST_MINUTES = 3
"""Parts that a soak has, however short: its memory is judged by thirds."""


def main() -> int:
    """Run all of it and write the page; 1 where something does not hold."""
    arguments = _arguments()
    arguments.work.mkdir(parents=True, exist_ok=True)
    with ExitStack() as leaving:
        folder = Path(tempfile.mkdtemp(prefix="acceptance-", dir=arguments.work)).resolve()
        leaving.callback(shutil.rmtree, folder)
        try:
            facts = _found(arguments, folder)
        except BenchmarkError as error:
            tell(f"cannot run: {error}")
            return 1
        arguments.out.write_text(page(facts), "utf-8")
        if all(demand.holds for demand in criteria(facts)):
            tell("all of it holds")
            return 0
        leaving.pop_all()
    _tell_unmet(facts, folder)
    return 1


def _tell_unmet(facts: AcceptanceFacts, folder: Path) -> None:
    """Say what does not hold, and leave what helps to find out why."""
    for demand in criteria(facts):
        if not demand.holds:
            tell(f"does not hold: {demand.asked}")
    for large in ("database", "models"):
        shutil.rmtree(folder / large)
    tell(f"left for a look: {folder.name} in the work folder, with the server's log and the failed requests")


def _found(arguments: argparse.Namespace, folder: Path) -> AcceptanceFacts:
    minutes = max(_LEAST_MINUTES, round(arguments.soak_minutes))
    _, client_core = cores(arguments.core)
    wish = AcceptanceWish(
        work=arguments.work,
        folder=folder,
        environment={name: value for name, value in os.environ.items() if name not in SETTINGS},
        command=_command(arguments),
        fuzz_seconds=60 * arguments.fuzz_minutes,
        minutes=minutes,
        minute_seconds=60 * arguments.soak_minutes / minutes,
        rate_seconds=arguments.rate_seconds,
        examples=arguments.examples,
        seed=arguments.seed,
        core=arguments.core,
    )
    with new_database(folder / "database", client_core) as (url, owner):
        return run(wish, url, owner, tell)


def _command(arguments: argparse.Namespace) -> str:
    return (
        f"python -m benchmarks.serving_acceptance --fuzz-minutes {arguments.fuzz_minutes:g} "
        f"--soak-minutes {arguments.soak_minutes:g} --examples {arguments.examples} --seed {arguments.seed}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the page")
    parser.add_argument("--fuzz-minutes", type=float, default=10, help="of damaged requests")
    parser.add_argument("--soak-minutes", type=float, default=30, help="of load, a new champion in each")
    parser.add_argument("--rate-seconds", type=float, default=10, help="for which the highest rate is measured")
    parser.add_argument("--examples", type=int, default=200, help="of schemathesis, an operation and fuzzing phase")
    parser.add_argument("--seed", type=int, default=1, help="of models, rows and damage")
    parser.add_argument("--core", type=int, help="the server's core (default: the last)")
    parser.add_argument("--work", type=Path, default=WORK, help=f"for the client and what is written (default {WORK})")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
