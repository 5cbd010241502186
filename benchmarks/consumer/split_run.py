"""One split of the table of clients: the comparison as a user runs it, and what each candidate has on the test rows."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import monotonic
from typing import Any

from benchmarks.consumer.mlflow_record import Record, read_record
from benchmarks.errors import BenchmarkError
from credit.portfolio_file import load_portfolio, parse_portfolio
from credit.portfolios import Portfolio
from trainer.fitting import fit
from trainer.ranking import auc_of
from trainer.table_rows import file_rows

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TRACKED_ELSEWHERE = ("MLFLOW_TRACKING_URI", "DATABASE_URL", "MODEL_DIR", "MODEL_STORE")


@dataclass(frozen=True, slots=True)
class SplitResult:
    """What one split gave."""

    seed: int
    """Of the split."""
    seconds: float
    """Of the whole command."""
    chosen: str
    """The candidate, as its run is named."""
    auc: float
    """ROC AUC of the published model on the test rows."""
    candidates: Mapping[str, float]
    """ROC AUC on the same test rows of each algorithm with its own settings, and with its best tuned ones."""
    record: Mapping[str, Any]
    """What MLflow's client read back, see `mlflow_record.Record`."""
    unlike: tuple[str, ...]
    """What of that differs from what the command said."""
    processor_seconds: float | None = None
    """Of the command, on all cores, its database's included; None where it was not measured."""


@dataclass(frozen=True, slots=True)
class SplitWish:
    """What is asked for."""

    data: Path
    trials: int
    jobs: int
    folder: Path
    """Of results, portfolios, and the home of database, models and tracking."""


def kept_or_run(seed: int, wish: SplitWish, tell: Callable[[str], None]) -> SplitResult:
    """The result of a split: the one that was kept of an earlier call of the same wish, or a new one, which is kept.

    Raises:
        BenchmarkError: where the command fails.
    """
    kept = wish.folder / f"split_{seed}_of_{wish.trials}_trials.json"
    if kept.is_file():
        found = json.loads(kept.read_text("utf-8"))
        tell(f"split {seed}: kept from an earlier call")
        return SplitResult(**{**found, "unlike": tuple(found["unlike"])})
    result = _run(seed, wish, tell)
    unfinished = kept.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(asdict(result), indent=1), "utf-8")
    unfinished.rename(kept)
    return result


def _run(seed: int, wish: SplitWish, tell: Callable[[str], None]) -> SplitResult:
    path = _portfolio_file(seed, wish.folder)
    tell(f"split {seed}: comparing, {wish.trials} trials of tuning")
    began, used = monotonic(), _used()
    facts = _command(path, wish)
    seconds, used = monotonic() - began, _used() - used
    tell(f"split {seed}: {facts['summary']} in {seconds:.0f} s; fitting each candidate for its own AUC")
    selection = facts["metrics"]["selection"]
    record = read_record(f"sqlite:///{wish.folder / 'home' / 'mlflow' / 'mlflow.db'}", facts["model_id"])
    return SplitResult(
        seed=seed,
        seconds=seconds,
        chosen=_chosen(selection)["candidate"],
        auc=facts["metrics"]["auc_roc"],
        candidates=_candidates(load_portfolio(str(path)), selection, wish),
        record=asdict(record),
        unlike=tuple(_unlike(record, facts, wish)),
        processor_seconds=used,
    )


def _used() -> float:
    """Processor seconds of all children that have ended."""
    children = getrusage(RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def _portfolio_file(seed: int, folder: Path) -> Path:
    """The built-in portfolio with another seed of its split."""
    text = (Path(__file__).parents[2] / "credit" / "builtin" / "consumer_credit.toml").read_text("utf-8")
    changed = text.replace("\nseed = 42\n", f"\nseed = {seed}\n")
    if parse_portfolio(changed, source="consumer_credit.toml").split.seed != seed:
        raise BenchmarkError("consumer_credit.toml: its [split] has no line `seed = 42` that could be changed")
    path = folder / f"consumer_credit_{seed}.toml"
    path.write_text(changed, "utf-8")
    return path


def _command(path: Path, wish: SplitWish) -> Mapping[str, Any]:
    compared = ["--compare", "--trials", str(wish.trials), "--jobs", str(wish.jobs), "--json"]
    command = [sys.executable, "-m", "blink", "train", str(path), "--data", str(wish.data), *compared]
    environment = {name: value for name, value in os.environ.items() if name not in TRACKED_ELSEWHERE}
    done = subprocess.run(
        [*command, "--home", str(wish.folder / "home")], stdout=subprocess.PIPE, text=True, check=False, env=environment
    )
    if done.returncode != 0:
        raise BenchmarkError(f"blink train ended with {done.returncode}: see what it said above")
    facts: Mapping[str, Any] = json.loads(done.stdout)
    return facts


def _candidates(portfolio: Portfolio, selection: Mapping[str, Any], wish: SplitWish) -> dict[str, float]:
    rows, _ = file_rows(wish.data, portfolio, as_of=NOW, now=NOW, progress=_silent)
    found = {}
    for one in selection["standings"]:
        fitted = fit(
            rows,
            portfolio.with_algorithm(one["algorithm"]),
            seed=0,
            threads=wish.jobs,
            progress=_silent,
            parameters=one["parameters"],
        )
        name = one["algorithm"] + (", tuned" if one["parameters"] else "")
        found[name] = auc_of(rows.y[fitted.judged], fitted.log_odds)
    return found


def _unlike(record: Record, facts: Mapping[str, Any], wish: SplitWish) -> list[str]:
    """What MLflow has otherwise than the command said."""
    selection = facts["metrics"]["selection"]
    expected = {
        "test_auc": facts["metrics"]["auc_roc"],
        "chosen": selection["algorithm"],
        "trials": 6 - len(selection["not_compared"]) + wish.trials,
        "registered_model_id": facts["model_id"],
        "fold_aucs": {one["candidate"]: list(one["fold_aucs"]) for one in selection["standings"]},
    }
    found = asdict(record)
    found["fold_aucs"] = {name: found["fold_aucs"].get(name) for name in expected["fold_aucs"]}
    return [f"{name}: {found[name]!r}, not {value!r}" for name, value in expected.items() if found[name] != value]


def _chosen(selection: Mapping[str, Any]) -> Mapping[str, Any]:
    chosen = (selection["algorithm"], selection["parameters"])
    standings: list[Mapping[str, Any]] = selection["standings"]
    return next(one for one in standings if (one["algorithm"], one["parameters"]) == chosen)


def _silent(_what: str, _done: int, _total: int | None) -> None:
    """Report nothing."""
