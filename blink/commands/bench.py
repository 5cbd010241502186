"""`blink bench`: speed beside the strongest peers."""

import os
import site
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from blink.outcome import Outcome, WrongCallError, as_json

try:
    from benchmarks import tree_benchmarks, trees_report
except ModuleNotFoundError as error:  # the images hold neither this room nor what it draws with
    raise WrongCallError(
        f"benchmarks need the package {(error.name or 'matplotlib').partition('.')[0]}: install blinkscoring[bench], "
        "or run from a source checkout after `make setup`"
    ) from error
from benchmarks.errors import BenchmarkError
from benchmarks.tree_benchmarks import TreesBenchmark, Wish
from benchmarks.trees_model import parsed_case


def engine(arguments: Namespace) -> Outcome:
    """Margins."""
    return _trees("engine", tree_benchmarks.ENGINE, arguments)


def explain(arguments: Namespace) -> Outcome:
    """Contributions."""
    return _trees("explain", tree_benchmarks.EXPLAIN, arguments)


def _trees(name: str, benchmark: TreesBenchmark, arguments: Namespace) -> Outcome:
    wish = _wish(arguments)
    site.addsitedir(str(arguments.work / "peers"))
    with _standard_output_kept_clean():
        facts = tree_benchmarks.run(benchmark, wish, _tell)
    page = trees_report.page(facts, f"blink bench {name}{_options(arguments)}")
    _write(arguments.out, name, {"md": page}, facts)
    return Outcome(page, facts)


def _wish(arguments: Namespace) -> Wish:
    try:
        cases = [parsed_case(text) for text in arguments.model or ()]
    except BenchmarkError as error:
        raise WrongCallError(f"--model: {error}") from error
    return Wish(
        work=arguments.work,
        cases=cases or None,
        batches=arguments.rows,
        rounds=arguments.rounds,
        core=arguments.core,
        modules=arguments.contestant,
    )


def _options(arguments: Namespace) -> str:
    """The options that shape the figures, as they were given."""
    given = {"model": arguments.model, "rows": arguments.rows, "contestant": arguments.contestant}
    named = [f" --{name} {value}" for name, values in given.items() for value in values or ()]
    return "".join(named) + (f" --rounds {arguments.rounds}" if arguments.rounds else "")


def _write(out: Path | None, name: str, texts: Mapping[str, str], facts: Mapping[str, Any]) -> None:
    """The page, the picture and all figures in one file, where they were asked for."""
    if out is None:
        return
    files = {**texts, "svg": trees_report.picture(facts), "json": as_json(facts)}
    for suffix, text in files.items():
        (out / f"{name}.{suffix}").write_text(text, "utf-8")


@contextmanager
def _standard_output_kept_clean() -> Iterator[None]:
    """Send what the peers' C code prints to standard error: standard output is the answer's."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
