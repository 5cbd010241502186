"""Counting a column while its table is read, in bounded memory."""

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from credit.intake.errors import FileFormatError
from credit.intake.table_columns import is_number
from credit.intake.table_keys import hashes_of
from credit.intake.words import as_text
from credit.profiling.column import Column, Form
from credit.spelling import NUMBER

MOST_VALUES = 1000
"""Different values of a column that are counted one by one."""
MOST_ODD_SHARE = 0.05
"""Share of rows up to which texts in a column of numbers are taken for mistakes, and the column for numbers."""

_LARGEST_WHOLE = 2.0**53
_WHOLE = r"^[+-]?[0-9]+(\.0*)?$"


class ColumnTally:
    """What is known of a column so far: a few numbers, at most 1,000 values, and 8 bytes a row while all differ."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._rows = self._missing = self._odd = self._fractions = 0
        self._odd_example: str | None = None
        self._nested = self._timed = False
        self._values: Counter[str] | None = Counter()
        self._hashes: list[npt.NDArray[np.uint64]] | None = []
        self._lowest, self._highest = np.inf, -np.inf

    def add(self, column: Any) -> None:
        """Count a chunk, a plain Arrow array."""
        self._rows += len(column)
        self._timed |= pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)
        try:
            texts = _texts(column, self.name)
        except FileFormatError:
            self._nested = True
            return
        self._missing += texts.null_count
        given = texts.drop_null()
        if not self._timed:
            self._count_numbers(given)
        self._count_values(given)
        self._compare(given)

    def column(self) -> Column:
        """All that was counted."""
        form, given = self._form(), self._rows - self._missing
        whole = form is Form.NUMBER and not self._odd and not self._fractions
        unique = bool(given) and not self._missing and self._all_differ()
        return Column(
            name=self.name,
            form=form,
            rows=self._rows,
            missing=self._missing,
            values=None if self._values is None else dict(self._values.most_common()),
            unique=unique,
            whole=whole,
            sequence=unique and whole and self._highest - self._lowest == given - 1,
            odd=self._odd if form is Form.NUMBER else 0,
            odd_example=self._odd_example if form is Form.NUMBER else None,
        )

    def _form(self) -> Form:
        given = self._rows - self._missing
        if self._nested:
            return Form.NESTED
        if self._timed:
            return Form.TIME
        if not given:
            return Form.NOTHING
        return Form.NUMBER if self._odd <= MOST_ODD_SHARE * given else Form.TEXT

    def _count_numbers(self, given: Any) -> None:
        numeric = pc.match_substring_regex(given, NUMBER)
        odd = given.filter(pc.invert(numeric))
        self._odd += len(odd)
        if len(odd) and self._odd_example is None:
            self._odd_example = odd[0].as_py()
        numbers = given.filter(numeric)
        self._fractions += len(numbers) - int(pc.sum(pc.match_substring_regex(numbers, _WHOLE)).as_py() or 0)
        if len(numbers):
            found = pc.min_max(numbers.cast(pa.float64()))
            self._lowest = min(self._lowest, found["min"].as_py())
            self._highest = max(self._highest, found["max"].as_py())

    def _count_values(self, given: Any) -> None:
        if self._values is None:
            return
        counted = pc.value_counts(given)
        if len(counted) > MOST_VALUES:
            self._values = None
            return
        self._values.update({pair["values"].as_py(): pair["counts"].as_py() for pair in counted})
        if len(self._values) > MOST_VALUES:
            self._values = None

    def _compare(self, given: Any) -> None:
        if self._hashes is None:
            return
        if self._missing:
            self._hashes = None
            return
        hashes = hashes_of(given)
        if len(np.unique(hashes)) < len(hashes):
            self._hashes = None
        else:
            self._hashes.append(hashes)

    def _all_differ(self) -> bool:
        if self._hashes is None:
            return False
        hashes = np.concatenate(self._hashes)
        return len(np.unique(hashes)) == len(hashes)


def _texts(column: Any, name: str) -> Any:
    """The values as texts, whole floats as whole numbers, true and false as such; null where there is none."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
        if pc.all(pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), _LARGEST_WHOLE))).as_py():
            column = column.cast(pa.int64(), safe=False)
    texts = pc.utf8_trim_whitespace(as_text(column, name))
    if is_number(column.type) or pa.types.is_boolean(column.type):
        return texts
    lowered = pc.utf8_lower(texts)
    flags = pc.is_in(lowered, value_set=pa.array(["true", "false"]))
    empty = pc.is_in(lowered, value_set=pa.array(["", "nan"]))
    return pc.if_else(empty, None, pc.if_else(flags, lowered, texts))
