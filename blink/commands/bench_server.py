"""`blink bench server`: one-row requests, our server beside others."""

import os
import shutil
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from blink.bench_output import standard_output_kept_clean, tell, write_files
from blink.outcome import Outcome, WrongCallError

try:
    from benchmarks import server_benchmark, server_report
except ModuleNotFoundError as error:  # the images hold neither this room nor what it draws with
    raise WrongCallError(
        f"benchmarks need the package {(error.name or 'matplotlib').partition('.')[0]}: install blinkscoring[bench], "
        "or run from a source checkout after `make setup`"
    ) from error
from benchmarks.errors import BenchmarkError
from benchmarks.server_benchmark import ServerWish
from benchmarks.trees_model import TreesCase, parsed_case
from blink.bench_database import SETTINGS, new_database


def server(arguments: Namespace) -> Outcome:
    """Measure, in a folder that is removed afterwards."""
    case = _case(arguments)
    arguments.work.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="server-", dir=arguments.work)).resolve()
    wish = ServerWish(
        work=arguments.work,
        folder=folder,
        environment={name: value for name, value in os.environ.items() if name not in SETTINGS},
        case=case,
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        core=arguments.core,
    )
    try:
        with standard_output_kept_clean(), _database(wish, wanted=arguments.audited) as database:
            facts = server_benchmark.run(wish, database, tell)
    finally:
        shutil.rmtree(folder)
    page = server_report.page(facts, f"blink bench server{_options(arguments)}")
    if arguments.out is not None:
        write_files(arguments.out, f"server-{arguments.model}", facts, page=page, picture=server_report.picture(facts))
    return Outcome(page, facts)


@contextmanager
def _database(wish: ServerWish, *, wanted: bool) -> Iterator[tuple[str, Engine] | None]:
    """A new database on the client's core."""
    if not wanted:
        yield None
        return
    _, client_core = server_benchmark.cores(wish.core)
    with new_database(wish.folder / "database", client_core) as database:
        yield database


def _case(arguments: Namespace) -> TreesCase:
    try:
        return parsed_case(arguments.model)
    except BenchmarkError as error:
        raise WrongCallError(f"--model: {error}") from error


def _options(arguments: Namespace) -> str:
    audited = "" if arguments.audited else " --no-audited"
    return f" --model {arguments.model} --rounds {arguments.rounds} --seconds {arguments.seconds}{audited}"
