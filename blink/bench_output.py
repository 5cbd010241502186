"""What the benchmarks' commands share: files of what was measured, and a standard output that is the answer's."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from blink.outcome import as_json


def write_files(out: Path, name: str, facts: Mapping[str, Any], *, page: str, picture: str) -> None:
    """Write the page, the picture and the figures of one comparison, whole."""
    for suffix, text in {"md": page, "svg": picture, "json": as_json(facts)}.items():
        unfinished = out / f".{name}.{suffix}.unfinished"
        unfinished.write_text(text, "utf-8")
        unfinished.replace(out / f"{name}.{suffix}")


@contextmanager
def standard_output_kept_clean() -> Iterator[None]:
    """Send what others' code prints to standard error meanwhile."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def tell(line: str) -> None:
    """Say where the work is."""
    sys.stderr.write(f"{line}\n")
