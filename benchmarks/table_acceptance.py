"""A lender's own table of millions of rows, trained on within 4 GiB; and tables that are wrong, refused before a fit.

    python -m benchmarks.table_acceptance --rows 5000000 --out docs/acceptance/table.md

The file is made first (seeded, a part at a time). `blink portfolio init` looks at it, then `blink train my.toml --data
FILE` trains on it, each in a process of its own with an embedded database; `benchmarks.process_memory` says how their
memory is measured.
Fails where the memory is over the limit, or a wrong table is not refused as it should be.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import described_machine
from benchmarks.process_memory import MemoryMeter
from benchmarks.table_files import FEATURES, PORTFOLIO, Malformed, malformed, write_malformed, write_table

LIMIT = 4 * 2**30
SEED = 7
_WRONG_ROWS = 2000
_GIB = 2**30
_FIT = "fit lightgbm on "
_PHASES = (("reading and checking", "rows of the file"), ("fitting", _FIT), ("judging and publishing", "model fitted"))


@dataclass(frozen=True, slots=True)
class Called:
    """A command that has ended."""

    exit_code: int
    answer: Mapping[str, object]
    lines: tuple[tuple[float, str], ...]
    """Of standard error, each with its time on the monotonic clock."""
    begun: float
    ended: float
    meter: MemoryMeter

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.begun

    def phases(self) -> Sequence[tuple[str, float, int]]:
        """Name, seconds and peak in bytes of each phase of a training."""
        if self.exit_code:
            return []
        starts = [next(at for at, line in self.lines if line.startswith(mark)) for _, mark in _PHASES]
        ends = [*starts[1:], self.ended]
        spans = zip(_PHASES, [self.begun, *starts[1:]], ends, strict=True)
        return [(name, end - begin, self.meter.peak(begin, end)) for (name, _), begin, end in spans]


def call(home: Path, *arguments: str) -> Called:
    """Run a `blink` command with the embedded database of a home."""
    command = [sys.executable, "-m", "blink", *arguments, "--home", str(home), "--json"]
    begun, lines = time.monotonic(), []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        with MemoryMeter(lambda: [process.pid, *_database(home)]) as meter:
            assert process.stderr is not None  # noqa: S101 - it is piped
            assert process.stdout is not None  # noqa: S101 - it is piped
            for line in process.stderr:
                lines.append((time.monotonic(), line.rstrip()))
                sys.stderr.write(line)
            answer = process.stdout.read()
        process.wait()
    return Called(process.returncode, json.loads(answer or "{}"), tuple(lines), begun, time.monotonic(), meter)


def _database(home: Path) -> Sequence[int]:
    """The embedded server's own process, which no longer belongs to who started it."""
    with suppress(OSError, ValueError, IndexError):
        return [int((home / "postgresql" / "postmaster.pid").read_text("utf-8").splitlines()[0])]
    return []


def refusal(home: Path, folder: Path, sound: Path, case: Malformed) -> tuple[str, bool]:
    """What a training says of a wrong file, and whether it is what it should say, before any fit."""
    data, description = folder / "wrong.parquet", folder / "wrong.toml"
    write_malformed(data, sound, case)
    description.write_text(case.portfolio(PORTFOLIO), "utf-8")
    called = call(home, "train", str(description), "--data", str(data))
    told = str(called.answer.get("error"))
    fitted = any(line.startswith(_FIT) for _, line in called.lines)
    return told, called.exit_code == 1 and not fitted and told.startswith(f"{data.name}: {case.says}")


def run(rows: int, folder: Path) -> tuple[str, bool]:
    """The page, and whether all is as asked for."""
    home, data, description = folder / "home", folder / "rows.parquet", folder / "my.toml"
    write_table(data, rows, seed=SEED)
    description.write_text(PORTFOLIO, "utf-8")
    proposed = call(home, "portfolio", "init", str(data), "--out", str(folder / "proposed.toml"))
    trained = call(home, "train", str(description), "--data", str(data))
    sound = folder / "sound.parquet"
    write_table(sound, _WRONG_ROWS, seed=SEED)
    refused = [(case.name, *refusal(home, folder, sound, case)) for case in malformed(_WRONG_ROWS)]
    peak = trained.meter.peak()
    holds = trained.exit_code == 0 and proposed.exit_code == 0 and peak <= LIMIT and all(right for *_, right in refused)
    return page(rows, data.stat().st_size, proposed, trained, refused), holds


PAGE = """\
# A lender's own table, of millions of rows

Written by `python -m benchmarks.table_acceptance --rows {rows} --out docs/acceptance/table.md` on {machine}.

{many:,} rows of {features} features (12 numbers, a flag, a term, 2 categories of 6 and 30 texts; 5 % missing), with
ids, times and outcomes (2 % unknown), in no order of time, in a Parquet file of {size:,.0f} MiB. Memory is the highest
of ten sums a second of the resident memory of the command, of all that it starts, and of the embedded database's
processes; pages that these share are counted in each of them, so that the truth is below it. The limit is
{limit:.0f} GiB.

| | seconds | peak, GiB |
|---|---:|---:|
{calls}

The model: {summary}.

## Tables that are wrong ({wrong})

Of {wrong_rows:,} rows each, wrong in the last row or as a whole; exit code 1, and nothing was fitted.

| the table | refused with | as it should be |
|---|---|---|
{refused}
"""


def page(rows: int, size: int, proposed: Called, trained: Called, refused: Sequence[tuple[str, str, bool]]) -> str:
    """The figures as a Markdown page."""
    calls = [
        ("`blink portfolio init`", proposed.seconds, proposed.meter.peak()),
        ("`blink train my.toml --data FILE`, by LightGBM", trained.seconds, trained.meter.peak()),
        *((f"… {name}", seconds, peak) for name, seconds, peak in trained.phases()),
    ]
    return PAGE.format(
        rows=rows,
        machine=", ".join(f"{name} {value}" for name, value in described_machine().items()),
        many=rows,
        features=FEATURES,
        size=size / 2**20,
        limit=LIMIT / _GIB,
        calls="\n".join(f"| {name} | {seconds:.0f} | {peak / _GIB:.2f} |" for name, seconds, peak in calls),
        summary=trained.answer.get("summary") or trained.answer.get("error"),
        wrong=len(refused),
        wrong_rows=_WRONG_ROWS,
        refused="\n".join(f"| {name} | `{told}` | {'yes' if right else '**no**'} |" for name, told, right in refused),
    )


def main() -> int:
    """Measure and write the page; 1 where something is not as asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="blink-table-"))
    try:
        text, holds = run(arguments.rows, folder)
    finally:
        shutil.rmtree(folder)
    arguments.out.write_text(text, "utf-8")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
