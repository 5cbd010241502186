"""A file of loans, CSV or Parquet by its suffix: whole or not there."""

import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from trainer.defi_loans.loans import LoansError

WRITERS: dict[str, Callable[[Any, pa.Schema], Any]] = {".csv": pyarrow.csv.CSVWriter, ".parquet": pq.ParquetWriter}


@dataclass(frozen=True, slots=True)
class Written:
    """What a file of loans holds."""

    loans: int
    defaults: int


def check_loan_file(path: Path) -> None:
    """Do nothing where a file of loans can be written there.

    Raises:
        LoansError: where its suffix is of no form that there is, or its folder is none.
    """
    if path.suffix not in WRITERS:
        raise LoansError(f"{path}: give a file that ends in {' or '.join(WRITERS)}")
    if not path.parent.is_dir():
        raise LoansError(f"{path}: {path.parent} is no folder; make it, or give another")
    if path.is_dir():
        raise LoansError(f"{path}: is a folder; give the name of a file")


def write_loans(path: Path, tables: Iterable[pa.Table], tell: Callable[[int], None]) -> Written:
    """Write loans to a file that appears whole, in place of one that is there; `tell` is told how many are written.

    Raises:
        LoansError: as `check_loan_file`, or where there are none.
    """
    check_loan_file(path)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.unfinished")
    try:
        with unfinished.open("xb") as file:
            written = _write(file, WRITERS[path.suffix], tables, tell)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return written


def _write(
    file: Any, writer_of: Callable[[Any, pa.Schema], Any], tables: Iterable[pa.Table], tell: Callable[[int], None]
) -> Written:
    writer, loans, defaults = None, 0, 0
    try:
        for table in tables:
            writer = writer or writer_of(file, table.schema)
            writer.write_table(table)
            loans, defaults = loans + table.num_rows, defaults + pc.sum(table["label"]).as_py()
            tell(loans)
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise LoansError("no loans to write: ask for 1 or more")
    return Written(loans, defaults)
