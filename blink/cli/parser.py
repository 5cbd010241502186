"""What can be called, with which options. Imports nothing heavy: `blink --help` must answer at once."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

Subcommands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no public name

EPILOG = """\
PORTFOLIO is a built-in name (cash_advance) or the path of a TOML file.
Exit codes: 0 done, 1 failed, 2 wrong call, 75 try again, 78 wrong configuration."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help of one width everywhere, so that docs/commands.md does not depend on a terminal."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=100)


def build_parser() -> argparse.ArgumentParser:
    """The parser of the `blink` command."""
    parser = argparse.ArgumentParser(
        prog="blink",
        description="Explained, audited credit-risk scoring.",
        epilog=EPILOG,
        formatter_class=_Formatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_up(commands)
    _add_db(commands)
    _add_data(commands)
    _add_train(commands)
    _add_score(commands)
    _add_serve(commands)
    _add_model(commands)
    _add_portfolio(commands)
    _add_audit(commands)
    return parser


def add_train_options(parser: argparse.ArgumentParser) -> None:
    """The options of `blink train`, which `python -m trainer` shares."""
    parser.add_argument(
        "--deploy", action="store_true", help="deploy the model if it is no worse than the deployed one"
    )
    parser.add_argument("--force", action="store_true", help="deploy even if it is worse; needs --reason")
    parser.add_argument("--reason", metavar="TEXT", help="why --force is justified; recorded")
    parser.add_argument(
        "--source",
        choices=("audits", "recomputed"),
        default="audits",
        help="features from the scores of their time where they exist (default), or all recomputed",
    )
    parser.add_argument("--as-of", type=utc_time, metavar="T", help="train on what was known then (default: now)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of fitting and bootstrap (default 0)")
    parser.set_defaults(handler="blink.commands.train:train")


def add_global_options(parser: argparse.ArgumentParser) -> None:
    """The options that every command has."""
    parser.add_argument(
        "--home",
        type=Path,
        metavar="DIR",
        help="the embedded database and the models of this machine (default: BLINK_HOME)",
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON object on standard output, the rest on standard error"
    )


def utc_time(text: str) -> datetime:
    """A time from ISO 8601; a date alone means its end, a time without offset is UTC."""
    try:
        if len(text) == len("2026-01-31"):
            return datetime.fromisoformat(text).replace(hour=23, minute=59, second=59, microsecond=999999, tzinfo=UTC)
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date or time such as 2026-01-31T12:00+00:00") from error
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def positive(text: str) -> int:
    """A whole number above 0."""
    try:
        number = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from error
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not above 0")
    return number


def _command(commands: Subcommands, name: str, summary: str, handler: str | None = None) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary, formatter_class=_Formatter
    )
    if handler is not None:
        add_global_options(parser)
        parser.set_defaults(handler=f"blink.commands.{handler}")
    return parser


def _group(commands: Subcommands, name: str, summary: str) -> Subcommands:
    return _command(commands, name, summary).add_subparsers(title="commands", metavar="COMMAND", required=True)


def _portfolio(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("portfolio", metavar="PORTFOLIO", help="a built-in name or the path of a TOML file")


def _serving(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--http-port", type=positive, metavar="PORT", help="REST port (default: 8080 or the next free)")
    parser.add_argument("--grpc-port", type=positive, metavar="PORT", help="gRPC port (default: 8081 or the next free)")


def _add_up(commands: Subcommands) -> None:
    parser = _command(commands, "up", "run the whole platform on this machine", "up:up")
    parser.add_argument("--once", action="store_true", help="do everything once and exit")
    parser.add_argument(
        "--users", type=positive, default=1500, metavar="N", help="users to generate where there are none"
    )
    parser.add_argument("--months", type=positive, default=12, metavar="M", help="months of their history")
    _serving(parser)


def _add_db(commands: Subcommands) -> None:
    group = _group(commands, "db", "the database's schema and upkeep")
    _command(group, "migrate", "bring the schema to this release's version", "db:migrate")
    _command(group, "status", "where the database is and at which version", "db:status")
    _command(group, "maintain", "make the partitions of the week ahead", "db:maintain")


def _add_data(commands: Subcommands) -> None:
    group = _group(commands, "data", "a lender's data: load files, or generate a portfolio")
    load = _command(group, "load", "load a lender's files (CSV or Parquet; docs/data.md)", "data:load")
    _portfolio(load)
    for kind in ("accounts", "transactions", "advances", "repayments", "fx-rates"):
        load.add_argument(f"--{kind}", type=Path, metavar="F")
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
    generate = _command(group, "generate", "simulate a portfolio's cash flows (docs/simulator.md)", "data:generate")
    _portfolio(generate)
    generate.add_argument("--users", type=positive, default=1000, metavar="N")
    generate.add_argument("--months", type=positive, default=12, metavar="M")
    generate.add_argument("--seed", type=int, default=0, metavar="S")
    generate.add_argument("--end", type=utc_time, metavar="T", help="when the history ends (default: today)")
    generate.add_argument("--truth", type=Path, metavar="F", help="where the true probabilities go (Parquet)")


def _add_train(commands: Subcommands) -> None:
    parser = _command(commands, "train", "train a model on outcomes that are known", "train:train")
    _portfolio(parser)
    add_train_options(parser)


def _add_score(commands: Subcommands) -> None:
    parser = _command(commands, "score", "score every subject with new data, once", "score:score")
    _portfolio(parser)
    parser.add_argument("--as-of", type=utc_time, metavar="T", help="score with what was known then (default: now)")


def _add_serve(commands: Subcommands) -> None:
    parser = _command(commands, "serve", "serve the deployed model (V2, V1, /score)", "serve:serve")
    parser.add_argument(
        "portfolio",
        metavar="PORTFOLIO",
        nargs="?",
        help="a built-in name or the path of a TOML file (default with --bundle: the bundle's)",
    )
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="serve this bundle, whoever is champion")
    parser.add_argument("--model-name", metavar="NAME", help="the model's name in URLs (default: the portfolio's)")
    _serving(parser)


def _add_model(commands: Subcommands) -> None:
    group = _group(commands, "model", "trained models")
    listing = _command(group, "list", "all models of the registry", "model:list_models")
    listing.add_argument("--portfolio", metavar="NAME", help="only that portfolio's")
    for name, summary in (
        ("show", "a model's metrics and status"),
        ("importance", "a model's features by importance, with direction"),
        ("verify", "check a bundle's hashes and golden rows"),
    ):
        parser = _command(group, name, summary, f"model:{name}")
        parser.add_argument("model", metavar="MODEL", help="a model id, or champion:PORTFOLIO")
    export = _command(group, "export", "write a model in another form", "model:export")
    export.add_argument("model", metavar="MODEL", help="a model id, or champion:PORTFOLIO")
    export.add_argument("--to", choices=("tl2cgen",), required=True, help="tl2cgen: C source and its shared library")
    export.add_argument("--out", type=Path, required=True, metavar="DIR")


def _add_portfolio(commands: Subcommands) -> None:
    group = _group(commands, "portfolio", "portfolio descriptions")
    check = _command(group, "check", "check a portfolio's description", "portfolio:check")
    _portfolio(check)


def _add_audit(commands: Subcommands) -> None:
    group = _group(commands, "audit", "stored scores and their explanations")
    show = _command(group, "show", "a subject's latest score, explained", "audit:show")
    _portfolio(show)
    show.add_argument("subject", metavar="SUBJECT")
    _command(group, "verify", "prove from the stored rows that no audit was changed", "audit:verify")


def describe(parser: argparse.ArgumentParser) -> Sequence[tuple[str, argparse.ArgumentParser]]:
    """Every command with its parser, groups opened, in the order of the help."""
    found: list[tuple[str, argparse.ArgumentParser]] = []
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to list subcommands
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for child in action.choices.values():
                inner = describe(child)
                found.extend(inner or [(child.prog, child)])
    return found
