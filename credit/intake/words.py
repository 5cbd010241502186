"""Columns of words: identifiers, codes of closed vocabularies, versions and flags."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from credit.intake.errors import FileFormatError
from credit.intake.faults import Faults
from credit.printable import CONTROL

LONGEST_IDENTIFIER = 200


def as_text(column: Any, name: str) -> Any:
    """An Arrow array of any plain type as strings.

    Raises:
        FileFormatError: where the type has no text, such as a list.
    """
    try:
        return column if column.type == pa.string() else column.cast(pa.string())
    except pa.ArrowException as error:
        raise FileFormatError(f"column {name} holds {column.type}, which cannot be read as text") from error


def read_identifier(column: Any, faults: Faults, name: str) -> Any:
    """Text of 1 to 200 characters, none of them a control character."""
    text = as_text(column, name)
    length = pc.utf8_length(text)
    faults.add(pc.equal(length, 0), name, "is empty")
    faults.add(pc.greater(length, LONGEST_IDENTIFIER), name, f"is longer than {LONGEST_IDENTIFIER} characters")
    faults.add(pc.match_substring_regex(text, f"[{CONTROL}]"), name, "contains a control character")
    return text


def read_word(column: Any, faults: Faults, name: str, vocabulary: Iterable[str], reason: str) -> Any:
    """A word of a closed vocabulary."""
    text = as_text(column, name)
    known = pc.is_in(text, value_set=pa.array(vocabulary, pa.string()))
    faults.add(pc.and_(pc.invert(known), pc.is_valid(text)), name, reason)
    return text


def read_version(column: Any, faults: Faults, name: str) -> Any:
    """A whole number from 1 to 999999999, as int32."""
    text = as_text(column, name)
    number = pc.match_substring_regex(text, r"^[0-9]{1,9}$")
    faults.add(pc.invert(number), name, "is not a whole number from 1")
    version = pc.if_else(number, text, None).cast(pa.int32())
    faults.add(pc.less(version, 1), name, "is below 1: versions count from 1")
    return version


def read_flag(column: Any, faults: Faults, name: str) -> Any:
    """True or false, in any case, or 1 or 0."""
    if pa.types.is_boolean(column.type):
        return column
    text = pc.utf8_lower(as_text(column, name))
    true = pc.is_in(text, value_set=pa.array(["true", "t", "1"]))
    false = pc.is_in(text, value_set=pa.array(["false", "f", "0"]))
    faults.add(pc.and_(pc.invert(pc.or_(true, false)), pc.is_valid(text)), name, "is neither true nor false")
    return pc.if_else(pc.is_valid(text), true, None)
