"""`blink workflows`: the workflow definitions as the files that the chart packs."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from blink.exit_codes import FAILED
from blink.outcome import Outcome, WrongCallError

try:
    from workflows import rendering
except ModuleNotFoundError as error:  # the images hold no Hera: rendering is done where the chart is made
    raise WrongCallError(f"rendering needs the package {error.name}: install blinkscoring[workflows]") from error


def render(arguments: Namespace) -> Outcome:
    """Write the files, or with --check say which differ from what would be written."""
    if arguments.check:
        return check(arguments)
    written = rendering.write(arguments.folder)
    return Outcome(f"{len(written)} files written in {arguments.folder}", {"written": _names(written)})


def check(arguments: Namespace) -> Outcome:
    """Say which files differ from what would be rendered; fail where one does."""
    stale = rendering.out_of_date(arguments.folder)
    facts = {"out_of_date": _names(stale)}
    if not stale:
        return Outcome(f"{arguments.folder} is as workflows/ renders it", facts)
    files = ", ".join(map(str, stale))
    return Outcome(f"out of date: {files}; run `blink workflows render {arguments.folder}`", facts, FAILED)


def _names(paths: Sequence[Path]) -> list[str]:
    return [path.name for path in paths]
