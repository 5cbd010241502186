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
        self._numbers: list[npt.NDArray[np.int64]] = []
        self._hashes: list[npt.NDArray[np.uint64]] = []
        self._parts: tuple[list[Any], list[Any], list[Any]] = ([], [], [])

    def add(self, rows: TableRows) -> None:
        """Remember the keys of rows."""
        batch = pa.nulls(len(rows), pa.string()) if rows.batch_id is None else rows.batch_id
        time = pa.nulls(len(rows), UTC_TIME) if rows.observed_at is None else rows.observed_at
        self._numbers.append(rows.numbers)
        self._hashes.append(_mixed(_mixed(hashes_of(rows.subject_id), hashes_of(batch)), _whole(time)))
        for part, column in zip(self._parts, (batch, rows.subject_id, time), strict=True):
            part.append(column)

    def check(self, column: str) -> None:
        """Do nothing where all are different.

        Raises:
            MalformedTableError: naming the first row of a key that was there, and `column`, the subject's.
        """
        if not self._numbers:
            return
        hashes = np.concatenate(self._hashes)
        # Stable: of equal keys the earlier row comes first.
        order = np.argsort(hashes, kind="stable")
        places = np.flatnonzero(hashes[order[1:]] == hashes[order[:-1]])
        batch, subject, time = (pa.chunked_array(part) for part in self._parts)
        pairs = sorted((int(order[place + 1]), int(order[place])) for place in places)
        for second, first in pairs:
            # Different keys may have one hash.
            if all(part[second].as_py() == part[first].as_py() for part in (subject, batch, time)):
                numbers = np.concatenate(self._numbers)
                raise MalformedTableError(
                    f"{self._name}: row {numbers[second]}, column {column}: {subject[second].as_py()!r} stands in row "
                    f"{numbers[first]} already{'' if time.null_count else ', of the same time'}"
                )


_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def hashes_of(words: Any) -> npt.NDArray[np.uint64]:
    """A number uint64 for each word of an Arrow array of at least one.

    Eight bytes a row are kept, where a dictionary of all words would take ten times that.
    """
    if words.null_count:
        words = words.fill_null("")
    letters = words.to_numpy(zero_copy_only=False).astype(np.str_)
    codes = letters.view(np.uint32).reshape(len(letters), -1)
    found = np.zeros(len(letters), dtype=np.uint64)
    for position in range(codes.shape[1]):
        # Behind its end a word has zeros, which must not count: words of another chunk may be longer.
        code = codes[:, position]
        found = np.where(code > 0, _mixed(found, code.astype(np.uint64)), found)
    return found


def _whole(times: Any) -> npt.NDArray[np.uint64]:
    whole: npt.NDArray[np.int64] = times.cast(pa.int64()).fill_null(0).to_numpy()
    return whole.astype(np.uint64)


def _mixed(one: npt.NDArray[np.uint64], other: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """One number of two, wrapping."""
    mixed = (one ^ other) * _FACTOR
    return mixed ^ (mixed >> np.uint64(29))
