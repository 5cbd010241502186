"""Does the platform find what the simulator hid? One seed: generate, train, compare with the true probabilities.

    python benchmarks/simulator_acceptance.py --users 20000 --months 24 --seeds 1 2 3 --out docs/acceptance/simulator.md

For each seed, in a database of its own: AUC of the model and of `p_observable` on the same test rows, their paired
difference, calibration slope, and what the engineered features add to the seven named ones (fitted on the same
slices, judged on the same rows). Intervals are 95 %, bootstrapped over users.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from sqlalchemy import text

from blink.database import open_database
from blink.settings import read_settings
from credit.database.labels import NO_LABEL
from credit.portfolio_file import load_portfolio
from credit.portfolios import Portfolio
from trainer.arrays import Floats
from trainer.bootstrap import codes_of
from trainer.evaluation import auc_interval, evaluate
from trainer.fitting import Fit, fit
from trainer.gate import paired_evidence
from trainer.rows import Rows, Source, gather_rows

NAMED = (
    "metric_debt_load30",
    "metric_overdraft_count90",
    "metric_median_paycheck",
    "metric_clean_buffer7",
    "metric_volatility90",
    "metric_total_balance",
    "metric_transaction_count90",
)
END = "2026-11-01"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Result:
    """Figures of one seed."""

    seed: int
    generate_seconds: float
    train_seconds: float
    rows: int
    test_rows: int
    test_bads: int
    auc: str
    observable_auc: str
    behind_observable: str
    slope: str
    added_by_engineered: str


def run_seed(users: int, months: int, seed: int) -> Result:
    """Everything for one seed, in a home that is removed afterwards."""
    home = Path(tempfile.mkdtemp(prefix="blink-acceptance-"))
    try:
        truth = home / "truth.parquet"
        began = time.perf_counter()
        size = ["--users", str(users), "--months", str(months), "--seed", str(seed), "--end", END]
        command = [sys.executable, "-m", "blink", "data", "generate", "cash_advance", *size]
        subprocess.run([*command, "--truth", str(truth), "--home", str(home)], check=True)
        generated = time.perf_counter()
        return _compare(home, truth, seed, generated - began)
    finally:
        shutil.rmtree(home)


def _compare(home: Path, truth: Path, seed: int, generate_seconds: float) -> Result:
    portfolio = load_portfolio("cash_advance")
    began = time.perf_counter()
    with open_database(read_settings({}, home=home), "blink_trainer") as engine, engine.connect() as connection:
        gathered = gather_rows(connection, portfolio, as_of=NOW, source=Source.RECOMPUTED, progress=_tell)
        ids = connection.execute(text("SELECT advance_id, provider_id FROM blink.advances"))
        provider: dict[int, str] = {advance: given for advance, given in ids}  # noqa: C416 - a row is no pair to mypy
    rows = gathered.take(gathered.has_history & (gathered.y != NO_LABEL))
    fitted = fit(rows, portfolio, seed=seed, threads=2, progress=_tell)
    train_seconds = time.perf_counter() - began
    test = rows.take(fitted.judged)
    users = codes_of(test.subject_id)
    evaluation = evaluate(test.y, fitted.log_odds, users, rng=_rng(seed))
    observable = _observable(truth, [provider[advance] for advance in test.advance_id.tolist()])
    return Result(
        seed=seed,
        generate_seconds=generate_seconds,
        train_seconds=train_seconds,
        rows=len(rows),
        test_rows=len(test),
        test_bads=evaluation.bads,
        auc=str(evaluation.roc_auc),
        observable_auc=str(auc_interval(test.y, observable, users, rng=_rng(seed))),
        behind_observable=_difference(test, observable, fitted.log_odds, seed),
        slope=str(evaluation.calibration_slope),
        added_by_engineered=_difference(test, fitted.log_odds, _seven(rows, portfolio, seed).log_odds, seed),
    )


def _observable(truth: Path, advances: list[str]) -> Floats:
    """Log-odds of `p_observable` of the advances, in their order."""
    table = pq.read_table(truth, columns=["advance_id", "p_observable"]).to_pydict()
    known = dict(zip(table["advance_id"], table["p_observable"], strict=True))
    probabilities = np.array([known[advance] for advance in advances])
    log_odds: Floats = np.log(probabilities / (1 - probabilities))
    return log_odds


def _difference(test: Rows, better: Floats, worse: Floats, seed: int) -> str:
    evidence = paired_evidence(
        test.y, challenger=better, champion=worse, users=codes_of(test.subject_id), rng=_rng(seed)
    )
    if evidence is None:
        return "undefined: one kind of outcome only"
    auc = evidence.auc
    return f"{auc.estimate:+.4f} [{auc.lower:+.4f}, {auc.upper:+.4f}]"


def _seven(rows: Rows, portfolio: Portfolio, seed: int) -> Fit:
    """The same fit on the seven named metrics alone."""
    columns = [portfolio.feature_names.index(name) for name in NAMED]
    fewer = replace(portfolio, features=tuple(portfolio.features[column] for column in columns))
    return fit(replace(rows, values=rows.values[:, columns]), fewer, seed=seed, threads=2, progress=_tell)


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, 99])


def _tell(what: str, done: int, total: int | None) -> None:
    sys.stderr.write(f"{what}: {done} of {total}\n")


def page(results: list[Result], command: str) -> str:
    """The results as a Markdown page."""
    heads = [field.name.replace("_", " ") for field in fields(Result)]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(_cell(value) for value in astuple(result)) + " |" for result in results]
    return "\n".join(["# The simulator's truth against the trained model", "", f"`{command}`", "", *lines, ""])


def _cell(value: object) -> str:
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def main() -> None:
    """Run the seeds that were asked for and write the page after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=20000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    seeds = " ".join(map(str, arguments.seeds))
    sizes = f"--users {arguments.users} --months {arguments.months} --seeds {seeds}"
    results = []
    for seed in arguments.seeds:
        results.append(run_seed(arguments.users, arguments.months, seed))
        arguments.out.write_text(page(results, f"python benchmarks/simulator_acceptance.py {sizes}"), "utf-8")


if __name__ == "__main__":
    main()
