"""Counting a column while its table is read, in bounded memory."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from credit.intake.errors import FileFormatError
from credit.intake.missing_texts import common
from credit.intake.table_columns import DECIMAL_COMMA, is_number
from credit.intake.table_keys import hashes_of
from credit.intake.words import as_text
from credit.profiling.column import Column, Form
from credit.spelling import NUMBER

MOST_VALUES = 1000
"""Different values of a column that are counted one by one."""
MOST_ODD_SHARE = 0.05
"""Share of rows up to which texts in a column of numbers are taken for mistakes, and the column for numbers."""
LEAST_PADDED_SHARE = 0.01
"""Share of rows that hold leading zeros from which a column of numbers is taken for one of codes."""

_LARGEST_WHOLE = 2.0**53
_WHOLE = r"^[+-]?[0-9]+(\.0*)?$"
_PADDED = r"^0+[1-9][0-9]*$"  # of zeros only, `00` may be a slip


class ColumnTally:
    """What is known of a column so far: a few numbers, at most 1,000 values, and 8 bytes a row while all differ."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._rows = self._missing = self._odd = self._fractions = self._commas = self._zeros = 0
        self._odd_example: str | None = None
        self._comma_example: str | None = None
        self._padded: str | None = None
        self._spelled: Counter[str] = Counter()
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
        given = self._without_spelled(texts.drop_null())
        if not self._timed:
            self._count_numbers(given)
        self._count_values(given)
        self._compare(given)

    @property
    def spelled(self) -> tuple[str, ...]:
        """Texts that commonly stand where there is no value."""
        return tuple(self._spelled)

    @property
    def is_numeric(self) -> bool:
        """Whether the rows hold numbers, but for spellings of missing and a few mistakes."""
        given = self._rows - self._missing - self._spelled.total()
        return not self._nested and not self._timed and given > 0 and self._odd <= MOST_ODD_SHARE * given

    def column(self, spellings: Iterable[str] = ()) -> Column:
        """All that was counted, where these texts stand for no value."""
        missing = self._missing + sum(self._spelled[text] for text in set(spellings))
        others = Counter({text: rows for text, rows in self._spelled.items() if text not in set(spellings)})
        given, odd = self._rows - missing, self._odd + others.total()
        form = self._form(given, odd)
        is_number = form is Form.NUMBER
        whole = is_number and not odd and not self._fractions
        unique = bool(given) and not missing and not others and self._all_differ()
        return Column(
            name=self.name,
            form=form,
            rows=self._rows,
            missing=missing,
            values=self._listed(others),
            unique=unique,
            whole=whole,
            sequence=unique and whole and self._highest - self._lowest == given - 1,
            lowest=self._lowest if is_number else None,
            highest=self._highest if is_number else None,
            padded=self._padded if whole and self._zeros >= LEAST_PADDED_SHARE * given else None,
            comma_example=self._comma_example if self._odd - self._commas <= MOST_ODD_SHARE * given else None,
            odd=odd if is_number else 0,
            odd_example=(self._odd_example or next(iter(others), None)) if is_number else None,
        )

    def _form(self, given: int, odd: int) -> Form:
        if self._nested:
            return Form.NESTED
        if self._timed:
            return Form.TIME
        if not given:
            return Form.NOTHING
        return Form.NUMBER if odd <= MOST_ODD_SHARE * given else Form.TEXT

    def _listed(self, others: Counter[str]) -> dict[str, int] | None:
        if self._values is None or len(self._values) + len(others) > MOST_VALUES:
            return None
        return dict((self._values + others).most_common())

    def _without_spelled(self, given: Any) -> Any:
        spelled = common(given)
        if not pc.any(spelled).as_py():
            return given
        self._spelled.update(given.filter(spelled).to_pylist())
        return given.filter(pc.invert(spelled))

    def _count_numbers(self, given: Any) -> None:
        numeric = pc.match_substring_regex(given, NUMBER)
        odd = given.filter(pc.invert(numeric))
        self._odd += len(odd)
        if len(odd) and self._odd_example is None:
            self._odd_example = odd[0].as_py()
        if len(odd):
            self._count_commas(odd)
        numbers = given.filter(numeric)
        padded = numbers.filter(pc.match_substring_regex(numbers, _PADDED))
        self._zeros += len(padded)
        if len(padded) and self._padded is None:
            self._padded = padded[0].as_py()
        self._fractions += len(numbers) - int(pc.sum(pc.match_substring_regex(numbers, _WHOLE)).as_py() or 0)
        if len(numbers):
            found = pc.min_max(numbers.cast(pa.float64()))
            self._lowest = min(self._lowest, found["min"].as_py())
            self._highest = max(self._highest, found["max"].as_py())

    def _count_commas(self, odd: Any) -> None:
        self._commas += int(pc.sum(pc.match_substring_regex(odd, DECIMAL_COMMA)).as_py() or 0)
        if self._comma_example is None:
            self._comma_example = _first(odd, DECIMAL_COMMA)

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
        if self._missing or self._spelled:  # with such a row no column tells all apart
            self._hashes = None
            return
        hashes = hashes_of(given)
        if len(np.unique(hashes)) < len(hashes):
            self._hashes = None
        else:
            self._hashes.append(hashes)

    def _all_differ(self) -> bool:
        if not self._hashes:
            return False
        hashes = np.concatenate(self._hashes)
        return len(np.unique(hashes)) == len(hashes)


def _first(texts: Any, pattern: str) -> str | None:
    found = texts.filter(pc.match_substring_regex(texts, pattern))
    return found[0].as_py() if len(found) else None


def _texts(column: Any, name: str) -> Any:
    """The values as texts, whole floats as whole numbers, others as they were written; null where there is none."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
        if pc.all(pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), _LARGEST_WHOLE))).as_py():
            column = column.cast(pa.int64(), safe=False)
    texts = pc.utf8_trim_whitespace(as_text(column, name))
    if is_number(column.type) or pa.types.is_boolean(column.type):
        return texts
    empty = pc.is_in(pc.utf8_lower(texts), value_set=pa.array(["", "nan"]))
    return pc.if_else(empty, None, texts)
