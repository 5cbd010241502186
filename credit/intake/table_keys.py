"""Whether rows of a lender's own table are told apart: no two of one batch, subject and time."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from credit.intake.errors import MalformedTableError
from credit.intake.table_rows import TableRows
from credit.intake.times import UTC_TIME


class Keys:
    """The keys of all rows of a file: no two may be of one batch, subject and time."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._numbers: list[Any] = []
        self._parts: tuple[list[Any], list[Any], list[Any]] = ([], [], [])

    def add(self, rows: TableRows) -> None:
        """Remember the keys of rows."""
        self._numbers.append(rows.numbers)
        batch, subject, time = self._parts
        batch.append(pa.nulls(len(rows), pa.string()) if rows.batch_id is None else rows.batch_id)
        subject.append(rows.subject_id)
        time.append(pa.nulls(len(rows), UTC_TIME) if rows.observed_at is None else rows.observed_at)

    def check(self, column: str) -> None:
        """Do nothing where all are different.

        Raises:
            MalformedTableError: naming the first row of a key that was there, and `column`, the subject's.
        """
        if not self._numbers:
            return
        batch, subject, time = (pa.chunked_array(part) for part in self._parts)
        keys = (_codes(batch), time.combine_chunks().cast(pa.int64()).fill_null(0).to_numpy(), _codes(subject))
        order = np.lexsort(keys)
        same = np.logical_and.reduce([key[order][1:] == key[order][:-1] for key in keys])
        if not same.any():
            return
        # Sorting is stable: of equal keys the earlier row comes first.
        numbers = np.concatenate(self._numbers)
        seconds, firsts = order[1:][same], order[:-1][same]
        place = int(seconds.argmin())
        twice, first = int(seconds[place]), int(firsts[place])
        raise MalformedTableError(
            f"{self._name}: row {numbers[twice]}, column {column}: {subject[twice].as_py()!r} stands in row "
            f"{numbers[first]} already{'' if time.null_count else ', of the same time'}"
        )


def _codes(words: Any) -> npt.NDArray[np.int64]:
    coded = words.dictionary_encode().combine_chunks()
    codes: npt.NDArray[np.int64] = coded.indices.fill_null(-1).to_numpy().astype(np.int64)
    return codes
