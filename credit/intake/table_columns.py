"""Columns of a lender's own table: features, label and times, read by the portfolio's rule."""

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from credit.database.labels import NO_LABEL
from credit.intake.errors import FileFormatError
from credit.intake.faults import Faults, as_mask
from credit.intake.missing_texts import common, is_text
from credit.intake.times import UTC_TIME
from credit.intake.words import as_text
from credit.portfolio_table import label_text
from credit.portfolios import Comparison, Feature, FeatureKind, TableLabel
from credit.spelling import NUMBER, one_spelling

Floats = npt.NDArray[np.float64]
Outcomes = npt.NDArray[np.int8]

_FLAGS = pa.array(["true", "false"])
_INFINITE = r"^[+-]?(?i:inf|infinity)$"
DECIMAL_COMMA = r"^[+-]?[0-9][0-9.' ]*,[0-9]+$|^[+-]?[0-9][0-9,' ]*,[0-9]{3}(\.[0-9]*)?$"
"""What a text is that a person reads as a number, and that has a comma."""
_COMMA = "is not a number: write decimals with a point and nothing between thousands, such as 3576.73"
_DECLARE = "where it says that there is none, list it in [table] missing"
_MOST_OUTCOMES = 10
"""Different texts of a label up to which a comparison with one of them is proposed."""
_COMPARE: Mapping[Comparison, Callable[[Any, Any], Any]] = {
    Comparison.EQUAL: operator.eq,
    Comparison.UNEQUAL: operator.ne,
    Comparison.LESS: operator.lt,
    Comparison.AT_MOST: operator.le,
    Comparison.GREATER: operator.gt,
    Comparison.AT_LEAST: operator.ge,
}


def read_feature(column: Any, feature: Feature, faults: Faults) -> tuple[Floats, Any]:
    """A feature's values, float64 `[n]`, NaN where missing, and the texts of a category (None of a number).

    The values of a category are codes of its texts; a text that the feature does not list is missing.
    """
    texts = as_words(column, feature.source) if feature.kind is FeatureKind.CATEGORICAL else None
    if texts is not None:
        values = _codes(texts, feature)
        faults.add(pc.match_substring(texts, "\0"), feature.source, "contains a NUL character")
    else:
        values = read_numbers(column, faults, feature.source)
    if not feature.may_be_missing:
        faults.add(np.isnan(values), feature.source, "is missing, and may not be")
    # JSON in the database does not keep the sign of a zero.
    return values + 0.0, texts


def read_numbers(column: Any, faults: Faults, name: str) -> Floats:
    """Numbers as float64 `[n]`, true as 1 and false as 0; NaN where there is none.

    Raises:
        FileFormatError: where the column's type holds no numbers.
    """
    kind = column.type
    if is_text(kind):
        column = _numeric_text(pc.utf8_trim_whitespace(column), faults, name)
    elif not (pa.types.is_null(kind) or pa.types.is_boolean(kind) or is_number(kind)):
        raise FileFormatError(f"column {name} holds {kind}, which is no number")
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    numbers = column.cast(pa.float64(), safe=False)
    values = np.array(pc.fill_null(numbers, np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)
    faults.add(np.isinf(values), name, "is infinite")
    return values


def read_label(column: Any, label: TableLabel, faults: Faults) -> Outcomes:
    """Outcomes int8 `[n]`: 1 bad, 0 good, `NO_LABEL` where the column is empty."""
    if label.comparison is None:
        if is_text(column.type):
            _refuse_words(column, faults, label)
        values = read_numbers(column, faults, label.column)
        faults.add(~np.isnan(values) & (values != 0) & (values != 1), label.column, "is neither 0 nor 1")
        return np.where(np.isnan(values), NO_LABEL, values == 1).astype(np.int8)
    if isinstance(label.value, str):
        text = as_words(column, label.column)
        equal = as_mask(pc.equal(text, label.value))
        bad = equal if label.comparison is Comparison.EQUAL else ~equal
        return np.where(as_mask(pc.is_null(text)), NO_LABEL, bad).astype(np.int8)
    values = read_numbers(column, faults, label.column)
    with np.errstate(invalid="ignore"):
        bad = _COMPARE[label.comparison](values, label.value)
    return np.where(np.isnan(values), NO_LABEL, bad).astype(np.int8)


def _refuse_words(column: Any, faults: Faults, label: TableLabel) -> None:
    """Mark the rows of a column of words, which says an outcome, but not which one is bad."""
    words = as_words(column, label.column)
    words = pc.if_else(common(words), None, words)
    counted = pc.value_counts(words.drop_null())
    if not 0 < len(counted) <= _MOST_OUTCOMES or pc.any(_reads_as_number(counted.field("values"))).as_py():
        return
    # Bad rows are the fewer ones, as a rule.
    rarest = min(counted.to_pylist(), key=lambda pair: pair["counts"])["values"]
    text = label_text(TableLabel(label.column, Comparison.EQUAL, rarest))
    such = "" if text is None else f", such as label = {text!r}"
    reason = f"is neither 0 nor 1: a label of texts is a comparison with the bad one{such}"
    faults.add(pc.is_valid(words), label.column, reason)


def _reads_as_number(texts: Any) -> Any:
    shaped = pc.or_(pc.match_substring_regex(texts, NUMBER), pc.match_substring_regex(texts, _INFINITE))
    return pc.or_(shaped, pc.is_in(pc.utf8_lower(texts), value_set=_FLAGS))


def read_moment(column: Any, date_format: str | None, faults: Faults, name: str) -> Any:
    """Times as timestamps in UTC; those without an offset are UTC. Null where there is none."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        return column.cast(UTC_TIME, safe=False)
    if pa.types.is_date(kind):
        return column.cast(pa.timestamp("us")).cast(UTC_TIME)
    words = as_words(column, name)
    coded = words.dictionary_encode()
    read = [_moment(text, date_format) for text in coded.dictionary.to_pylist()]
    times = pa.array(read, UTC_TIME).take(coded.indices)
    unread = pc.and_(pc.is_valid(coded.indices), pc.is_null(times))
    if pc.any(unread).as_py():
        faults.add(pc.and_(unread, common(words)), name, f"is not a time: {_DECLARE}")
        faults.add(unread, name, _no_time(date_format))
    return times


def _no_time(date_format: str | None) -> str:
    if date_format is None:
        iso = "2024-05-31 or 2024-05-31T09:00:00+02:00"
        return f"is not a time such as {iso}: date_format states another way of writing, of all times of the file"
    example = date(2024, 5, 31).strftime(date_format)
    return f"is not a time such as {example}: date_format is that of all times of the file, so write them alike"


def _moment(text: str, date_format: str | None) -> datetime | None:
    # Arrow's own strptime takes the 31st of February for the 2nd of March.
    try:
        read = datetime.strptime(text, date_format) if date_format else datetime.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def is_number(kind: Any) -> bool:
    """Whether an Arrow type is one of numbers."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _numeric_text(text: Any, faults: Faults, name: str) -> Any:
    text = text.cast(pa.string())
    lowered = pc.utf8_lower(text)
    flags = pc.is_in(lowered, value_set=_FLAGS)
    if pc.any(flags).as_py():
        text = pc.if_else(flags, pc.if_else(pc.equal(lowered, "true"), "1", "0"), text)
    given = pc.not_equal(text, "")
    shaped = pc.match_substring_regex(text, NUMBER)
    wrong = pc.and_(given, pc.invert(shaped))
    if pc.any(wrong).as_py():
        faults.add(pc.match_substring_regex(text, _INFINITE), name, "is infinite")
        faults.add(pc.match_substring_regex(text, DECIMAL_COMMA), name, _COMMA)
        faults.add(common(text), name, f"is not a number: {_DECLARE}")
        faults.add(wrong, name, "is not a number")
    return pc.if_else(shaped, text, None)


def as_words(column: Any, name: str) -> Any:
    """The column as text: whole floats as whole numbers, empty text and NaN as none."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    if pa.types.is_floating(column.type) and pc.all(pc.equal(pc.floor(column), column)).as_py():
        column = column.cast(pa.int64(), safe=False)
    text = pc.utf8_trim_whitespace(as_text(column, name))
    return pc.if_else(pc.equal(text, ""), None, text)


def read_protected(column: Any, name: str, faults: Faults) -> Any:
    """A protected column's values as texts, numbers in one spelling (1 and 1.0 are 1); null where there is none.

    Infinity is none.

    Raises:
        FileFormatError: where the column's type has no text, such as a list.
    """
    texts = _float_texts(column) if pa.types.is_floating(column.type) else as_words(column, name)
    faults.add(pc.match_substring(texts, "\0"), name, "contains a NUL character")
    encoded = texts.dictionary_encode()
    plain = pa.array([one_spelling(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return plain.take(encoded.indices)


def _float_texts(column: Any) -> Any:
    if pa.types.is_float16(column.type):  # Arrow does not tell whether one is finite
        column = column.cast(pa.float32())
    return pc.if_else(pc.is_finite(column), column, None).cast(pa.string())


def _codes(texts: Any, feature: Feature) -> Floats:
    found = pc.index_in(texts, value_set=pa.array(feature.categories, pa.string()))
    return np.array(pc.fill_null(found.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)
