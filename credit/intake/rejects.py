"""The file of rejected rows: whole or not there."""

import csv
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, fields
from pathlib import Path
from typing import Protocol, TextIO

from credit.intake.faults import Rejection


class RejectSink(Protocol):
    """Takes rejected rows as they are found."""

    def write(self, rejections: Iterable[Rejection]) -> None:
        """Adds them."""


class _Nowhere:
    def write(self, rejections: Iterable[Rejection]) -> None:
        """Rejected rows are only counted."""


class _CsvSink:
    def __init__(self, file: TextIO) -> None:
        self._lines = csv.writer(file)
        self._lines.writerow(field.name for field in fields(Rejection))

    def write(self, rejections: Iterable[Rejection]) -> None:
        """Adds one line each."""
        self._lines.writerows(astuple(rejection) for rejection in rejections)


@contextmanager
def rejects_file(path: Path | None) -> Iterator[RejectSink]:
    """A sink whose file (CSV; header only where nothing is rejected) takes its name when the block ends well."""
    if path is None:
        yield _Nowhere()
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            yield _CsvSink(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
