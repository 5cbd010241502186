"""The options of `blink workflows`."""

import argparse
from pathlib import Path

from blink.cli.arguments import Subcommands, command, group

FOLDER = Path("charts/blink/files")
"""Where the chart keeps them, from the repository's root."""


def add_workflows(commands: Subcommands) -> None:
    """`blink workflows {render,check}`."""
    workflows = group(commands, "workflows", "the Argo workflow definitions")
    render = command(workflows, "render", "write the definitions as YAML, one object a file", "workflows:render")
    render.add_argument("--check", action="store_true", help="write nothing; fail where a file differs")
    _folder(render)
    check = command(workflows, "check", "fail where a file differs from its definition", "workflows:check")
    _folder(check)


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", nargs="?", type=Path, default=FOLDER, metavar="DIR", help=f"where the files are (default {FOLDER})"
    )
