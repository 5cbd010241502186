"""JSON texts by a fast codec, equal to what Python's own writes; no other module of this room knows orjson."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import orjson

_LEAST, _MOST = 1e-4, 1e16
"""Between them, and at 0, codecs write a number alike: `repr` has 1e-05 and 1e+16 for orjson's 0.00001 and 1e16."""

Floats = npt.NDArray[np.float64]


def number_texts(rows: Floats) -> list[list[str]]:
    """The numbers of rows float64 [n, d], none of them infinite, each as `repr` writes it; NaN as null.

    The text of a number is the shortest that reads back to the same bits.
    """
    if not rows.size:
        return [[] for _ in rows]
    written = orjson.dumps(np.ascontiguousarray(rows), option=orjson.OPT_SERIALIZE_NUMPY).decode()
    texts = [row.split(",") for row in written[2:-2].split("],[")]
    sizes = np.abs(rows)
    unlike = ((sizes < _LEAST) & (sizes > 0)) | (sizes >= _MOST)
    for row, column in np.argwhere(unlike).tolist():
        texts[row][column] = repr(float(rows[row, column]))
    return texts


def list_texts(numbers: Sequence[float | None]) -> list[str]:
    """As `number_texts`, of one row of finite numbers, None as null: of few numbers it takes less time."""
    if not numbers:
        return []
    texts = orjson.dumps(numbers).decode()[1:-1].split(",")
    # Zeros and absent ones are dropped.
    sizes = list(map(abs, filter(None, numbers)))
    if sizes and (min(sizes) < _LEAST or max(sizes) >= _MOST):
        return ["null" if number is None else repr(number) for number in numbers]
    return texts


class FieldNames:
    """The names of an object's fields, ready to be written in front of their values."""

    __slots__ = ("_by_name", "_given", "_order")

    def __init__(self, names: Sequence[str]) -> None:
        self._order = sorted(range(len(names)), key=names.__getitem__)
        self._given, self._by_name = _frame(names), _frame([names[place] for place in self._order])

    def as_given(self, texts: Sequence[str]) -> str:
        """The object with values of these JSON texts, which are in the order of the names."""
        return _framed(self._given, texts)

    def by_name(self, texts: Sequence[str]) -> str:
        """The same, its fields sorted by their names."""
        return _framed(self._by_name, [texts[place] for place in self._order])


def strings_list(values: Sequence[str]) -> str:
    """A list of strings, with what is not ASCII as it is."""
    return orjson.dumps(values).decode()


def _frame(names: Sequence[str]) -> list[str]:
    """What stands before, between and behind values, with a gap for each value."""
    texts = [text for name in names for text in (f",{orjson.dumps(name).decode()}:", "")]
    return ["{", "}"] if not texts else ["{" + texts[0][1:], *texts[1:], "}"]


def _framed(frame: Sequence[str], texts: Sequence[str]) -> str:
    parts = list(frame)
    if texts:
        parts[1:-1:2] = texts
    return "".join(parts)
