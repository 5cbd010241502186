"""`blink bench`: speed beside the strongest peers."""

import site
from argparse import Namespace

from blink.bench_output import standard_output_kept_clean, tell, write_files
from blink.outcome import Outcome, WrongCallError

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
    with standard_output_kept_clean():
        facts = tree_benchmarks.run(benchmark, wish, tell)
    page = trees_report.page(facts, f"blink bench {name}{_options(arguments)}")
    if arguments.out is not None:
        write_files(arguments.out, name, facts, page=page, picture=trees_report.picture(facts))
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
