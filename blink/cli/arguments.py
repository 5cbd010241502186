"""What the groups of commands share: how a command is made, and the options and kinds of value that many have."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias, TypeVar
from uuid import UUID

from credit.batches import BatchIdError, checked_batch_id

Subcommands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no public name
Value = TypeVar("Value")

OUT = "also write each fact of the answer to a file of its name here, for workflow engines"


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Help of one width everywhere, so that docs/commands.md does not depend on a terminal."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=100)


class StepsAction(argparse._SubParsersAction):  # type: ignore[type-arg]  # noqa: SLF001 - it has no public name
    """Commands of which some have steps beside a use of their own: `blink score P` and `blink score plan P`.

    A step is a command whose name has a space. Groups of argparse's own cannot have both.
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Read the first two words as one where that is a step's name."""
        words = [str(value) for value in values] if isinstance(values, list) else []
        step = " ".join(words[:2])
        super().__call__(parser, namespace, [step, *words[2:]] if step in self.choices else words, option_string)


def command(
    commands: Subcommands,
    name: str,
    summary: str,
    handler: str | None = None,
    *,
    makes: str | None = None,
    writes: str | None = None,
) -> argparse.ArgumentParser:
    """Add a command; without a handler it is a group's.

    `makes` says what goes to the folder --out, `writes` what the file --out holds, both in place of facts.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary, formatter_class=Formatter
    )
    if handler is not None:
        add_global_options(parser, makes=makes, writes=writes)
        parser.set_defaults(handler=f"blink.commands.{handler}")
    return parser


def group(commands: Subcommands, name: str, summary: str) -> Subcommands:
    """Add a group of commands."""
    return command(commands, name, summary).add_subparsers(title="commands", metavar="COMMAND", required=True)


def add_global_options(parser: argparse.ArgumentParser, *, makes: str | None = None, writes: str | None = None) -> None:
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
    if makes is None and writes is None:
        parser.add_argument("--out", type=Path, metavar="DIR", help=OUT)
        return
    parser.set_defaults(out=None)
    if writes is not None:
        parser.add_argument("--out", dest="file", type=Path, metavar="FILE", help=writes)
    else:
        parser.add_argument("--out", dest="folder", type=Path, required=True, metavar="DIR", help=f"where {makes} go")


def add_portfolio(parser: argparse.ArgumentParser) -> None:
    """The portfolio that a command is about."""
    parser.add_argument("portfolio", metavar="PORTFOLIO", help="a portfolio's name, or the path of a TOML file")


def add_listening(parser: argparse.ArgumentParser) -> None:
    """Where a server listens."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--http-port", type=positive, metavar="PORT", help="REST port (default: 8080 or the next free)")
    parser.add_argument("--grpc-port", type=positive, metavar="PORT", help="gRPC port (default: 8081 or the next free)")


def add_workflow(parser: argparse.ArgumentParser) -> None:
    """Which workflow carries a run."""
    parser.add_argument("--workflow", type=given(str), metavar="NAME", help="the workflow that this is a step of")


def given(kind: Callable[[str], Value]) -> Callable[[str], Value | None]:
    """A kind of value that may be left empty, as workflow engines leave a parameter that nobody set."""

    def read(text: str) -> Value | None:
        return kind(text) if text else None

    return read


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
    number = whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not above 0")
    return number


def whole(text: str) -> int:
    """A whole number, 0 or above."""
    try:
        number = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from error
    if number < 0:
        raise argparse.ArgumentTypeError(f"{number} is below 0")
    return number


def run_id(text: str) -> UUID:
    """A run's id."""
    try:
        return UUID(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no run's id: see blink runs list") from error


def batch_id(text: str) -> str:
    """A batch's name."""
    try:
        return checked_batch_id(text)
    except BatchIdError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
