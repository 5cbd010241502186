"""A generated page in a file: written, or compared with what is stored."""

import sys
from collections.abc import Sequence
from pathlib import Path


def write_or_check(arguments: Sequence[str], page: str, command: str) -> int:
    """Write the page to the last argument; with --check say whether that is up to date: 0, or 1 and what to run."""
    path = Path(arguments[-1])
    if "--check" not in arguments:
        path.write_text(page, "utf-8")
        return 0
    if path.exists() and path.read_text("utf-8") == page:
        return 0
    print(f"{path} is out of date: run `{command}`", file=sys.stderr)
    return 1
