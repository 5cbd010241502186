"""What can be called, with which options. Imports nothing heavy: `blink --help` must answer at once.

Groups of commands that have grown live in modules of their own beside this one.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from blink.cli.arguments import (
    Formatter,
    StepsAction,
    Subcommands,
    add_listening,
    add_portfolio,
    add_workflow,
    batch_id,
    command,
    given,
    group,
    positive,
    run_id,
    utc_time,
    whole,
)
from blink.cli.bench_commands import add_bench
from blink.cli.control_commands import add_control
from blink.cli.generate_command import add_generate
from blink.cli.model_commands import add_model
from blink.cli.portfolio_commands import add_portfolios
from blink.cli.runs_commands import add_runs
from blink.cli.score_commands import add_score
from blink.cli.workflows_commands import add_workflows

EPILOG = """\
PORTFOLIO is a built-in name (cash_advance, consumer_credit, defi_lending, trade_credit), that of a file in the folder
BLINK_PORTFOLIOS, or the path of a TOML file.
Exit codes: 0 done, 1 failed, 2 wrong call, 75 try again, 78 wrong configuration."""


def build_parser() -> argparse.ArgumentParser:
    """The parser of the `blink` command."""
    parser = argparse.ArgumentParser(
        prog="blink",
        description="Explained, audited credit-risk scoring.",
        epilog=EPILOG,
        formatter_class=Formatter,
    )
    commands = parser.add_subparsers(action=StepsAction, title="commands", metavar="COMMAND [STEP]", required=True)
    _add_up(commands)
    _add_db(commands)
    _add_data(commands)
    _add_train(commands)
    add_score(commands)
    _add_serve(commands)
    add_model(commands)
    add_portfolios(commands)
    _add_audit(commands)
    add_runs(commands)
    add_control(commands)
    add_workflows(commands)
    add_bench(commands)
    return parser


def add_train_options(parser: argparse.ArgumentParser) -> None:
    """The options of `blink train`, which `python -m trainer` shares."""
    switch = argparse.BooleanOptionalAction  # workflows say --no-deploy: they cannot leave an option out
    parser.add_argument(
        "--deploy", action=switch, default=False, help="deploy the model if it is no worse than the deployed one"
    )
    parser.add_argument("--force", action=switch, default=False, help="deploy even if it is worse; needs --reason")
    parser.add_argument("--reason", type=given(str), metavar="TEXT", help="why --force is justified; recorded")
    parser.add_argument(
        "--source",
        choices=("audits", "recomputed"),
        default="audits",
        help="features from the scores of their time where they exist (default), or all recomputed",
    )
    parser.add_argument(
        "--data",
        type=given(Path),
        metavar="FILE",
        help="of a portfolio that comes as a table: its rows, read from this file (CSV, JSON lines or Parquet) without "
        "being loaded; without it those that are loaded",
    )
    parser.add_argument(
        "--compare",
        action=switch,
        default=False,
        help="first compare all algorithms by cross-validation on the rows that may shape a model, and train the "
        "simplest that is as good as the best (docs/training.md); a killed comparison goes on",
    )
    parser.add_argument(
        "--trials", type=whole, metavar="N", help="of --compare: settings that tuning tries, over all algorithms"
    )
    parser.add_argument(
        "--jobs", type=positive, metavar="J", help="of --compare: folds fitted at once (default: 2, or 1 on one core)"
    )
    parser.add_argument(
        "--as-of", type=given(utc_time), metavar="T", help="train on what was known then (default: now)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of fitting and bootstrap (default 0)")
    parser.add_argument(
        "--run-id",
        type=given(run_id),
        metavar="ID",
        help="the run to begin or to go on with; one that has ended already is told and not repeated",
    )
    parser.add_argument(
        "--batch-id",
        type=given(batch_id),
        metavar="B",
        help="the batch of labels, which names the run and its model; of a table, the rows to train on (default: all)",
    )
    add_workflow(parser)
    parser.set_defaults(handler="blink.commands.train:train")


def _add_up(commands: Subcommands) -> None:
    parser = command(commands, "up", "run the whole platform on this machine", "up:up")
    parser.add_argument("--once", action="store_true", help="do everything once and exit")
    parser.add_argument(
        "--users", type=positive, default=1500, metavar="N", help="users to generate where there are none"
    )
    parser.add_argument("--months", type=positive, default=12, metavar="M", help="months of their history")
    add_listening(parser)


def _add_db(commands: Subcommands) -> None:
    members = group(commands, "db", "the database's schema and upkeep")
    command(members, "migrate", "bring the schema to this release's version", "db:migrate")
    command(members, "status", "where the database is and at which version", "db:status")
    command(members, "maintain", "make the partitions of the week ahead", "db:maintain")


def _add_data(commands: Subcommands) -> None:
    members = group(commands, "data", "a lender's data: load files, or generate a portfolio")
    load = command(members, "load", "load a lender's files (CSV or Parquet; docs/data.md)", "data:load")
    add_portfolio(load)
    for kind in ("accounts", "transactions", "advances", "repayments", "fx-rates"):
        load.add_argument(f"--{kind}", type=Path, metavar="F")
    load.add_argument(
        "--labels",
        type=Path,
        metavar="F",
        help="of a portfolio that comes as a table: its rows (CSV, JSON lines or Parquet; docs/portfolios.md), all or "
        "nothing",
    )
    load.add_argument(
        "--batch-id", type=batch_id, metavar="B", help="the batch of --labels, where the file has no column batch_id"
    )
    load.add_argument("--rejects", type=Path, metavar="F", help="where rejected rows go with their reasons (CSV)")
    when = load.add_mutually_exclusive_group()
    when.add_argument(
        "--history",
        dest="history",
        action="store_true",
        default=None,
        help="the rows were known in their own time (default for a portfolio's first rows)",
    )
    when.add_argument("--live", dest="history", action="store_false", help="the rows are known from now on")
    add_generate(members)


def _add_train(commands: Subcommands) -> None:
    parser = command(commands, "train", "train a model on outcomes that are known", "train:train")
    add_portfolio(parser)
    add_train_options(parser)


def _add_serve(commands: Subcommands) -> None:
    parser = command(commands, "serve", "serve the deployed model (V2, V1, /score)", "serve:serve")
    parser.add_argument(
        "portfolio",
        metavar="PORTFOLIO",
        nargs="?",
        help="a portfolio's name, or the path of a TOML file (default with --bundle: the bundle's)",
    )
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="serve this bundle, whoever is champion")
    parser.add_argument("--model-name", metavar="NAME", help="the model's name in URLs (default: the portfolio's)")
    parser.add_argument(
        "--log-format", choices=("text", "json"), default="text", help="lines of text, or of JSON (default text)"
    )
    parser.add_argument(
        "--spool",
        type=Path,
        metavar="DIR",
        help="keep audits here while the database is away (a folder on a persistent volume, not in memory and not in "
        "a container's own filesystem; default: answer 503 then)",
    )
    parser.add_argument(
        "--workers",
        type=positive,
        default=1,
        metavar="N",
        help="processes that share the ports and the work (default 1); each loads the model",
    )
    # What a server with several workers tells each of them: its number, and the folder that they share.
    parser.add_argument("--worker", type=whole, help=argparse.SUPPRESS)
    parser.add_argument("--worker-directory", type=Path, help=argparse.SUPPRESS)
    parser.add_argument(
        "--audited-only", action="store_true", help="refuse requests without a subject_id, which leave no audit"
    )
    add_listening(parser)


def _add_audit(commands: Subcommands) -> None:
    members = group(commands, "audit", "stored scores and their explanations")
    show = command(members, "show", "a subject's latest score, explained", "audit:show")
    add_portfolio(show)
    show.add_argument("subject", metavar="SUBJECT")
    command(members, "verify", "prove from the stored rows that no audit was changed", "audit:verify")


def describe(parser: argparse.ArgumentParser) -> Sequence[tuple[str, argparse.ArgumentParser]]:
    """Every command with its parser, groups opened, in the order of the help."""
    found: list[tuple[str, argparse.ArgumentParser]] = []
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to list subcommands
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for child in action.choices.values():
                inner = describe(child)
                found.extend(inner or [(child.prog, child)])
    return found
