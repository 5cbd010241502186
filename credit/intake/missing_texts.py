"""Texts that a lender writes where there is no value: `NA`, `n/a` and the like, which read as nothing."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

COMMON = (
    *("na", "n/a", "#n/a", "n.a.", "<na>", "null", "nil", "none", "missing", "unknown", "not available"),
    *("-", "--", "?", ".", "\\n"),
)
"""Spellings of missing that are told where they stand among numbers or times, in small letters."""


def given_only(column: Any, missing: Sequence[str]) -> Any:
    """An Arrow column with null where it holds one of the texts, blanks around it aside.

    A column of another type than text holds none of them.
    """
    if not missing or not is_text(column.type):
        return column
    found = pc.is_in(pc.utf8_trim_whitespace(column), value_set=pa.array(missing, column.type))
    return pc.if_else(found, pa.scalar(None, column.type), column)


def common(texts: Any) -> Any:
    """A mask of the texts that are common spellings of missing."""
    return pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(texts)), value_set=pa.array(COMMON, texts.type))


def is_text(kind: Any) -> bool:
    """Whether an Arrow type is one of texts."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
