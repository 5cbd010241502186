"""Rows as groups of their protected columns: a small code a row, and one list of names a column."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from credit.fairness import Fairness, Grouping, band_names

Codes = npt.NDArray[np.int16]

NOT_GIVEN = -1
"""Code of a row whose value is missing."""
MOST_VALUES = 1000
"""Different values of a column without bands, above which they are no groups."""
ROWS_A_VALUE = 10
"""Rows a value below which more than `MOST_NUMBERS` different values are no groups: each may be one person."""
MOST_NUMBERS = 12
"""Different numbers of a column without bands, above which their quarters are the groups."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The groups of n rows by one protected column."""

    column: str
    names: tuple[str, ...]
    codes: Codes
    """`[n]`: places in `names`, or `NOT_GIVEN`."""

    def take(self, chosen: npt.NDArray[Any]) -> "Groups":
        """Those of the chosen rows."""
        return replace(self, codes=self.codes[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Protected:
    """The groups of rows by each protected column that they have; not one of them is a feature."""

    columns: tuple[Groups, ...] = ()
    ungrouped: tuple[str, ...] = ()
    """Columns of so many different values that they are no groups."""
    notes: tuple[str, ...] = ()
    """What the declared groups did not fit, over all rows that were read, in sentences."""

    def __getitem__(self, chosen: npt.NDArray[Any]) -> Self:
        """Those of the chosen rows."""
        return replace(self, columns=tuple(one.take(chosen) for one in self.columns))

    def absent(self, declared: tuple[str, ...]) -> tuple[str, ...]:
        """Of the declared columns those that the rows do not have."""
        had = {*self.ungrouped, *(one.column for one in self.columns)}
        return tuple(name for name in declared if name not in had)


class GroupCoder:
    """Codes of one protected column's values, which come a part at a time."""

    def __init__(self, grouping: Grouping) -> None:
        self._grouping = grouping
        self._bands = band_names(grouping.bands) if grouping.bands else ()
        self._names = dict(grouping.names)
        self._levels: dict[str, int] = {}
        self._counts: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._unused = set(self._names)
        self._outside = 0
        self._ungrouped = False

    def add(self, texts: Any) -> Codes:
        """Codes of Arrow texts for the time being: `groups` gives the final ones.

        A text that is in none of the declared bands is not given: a screen does not stop a training.
        """
        if self._ungrouped:
            return np.full(len(texts), NOT_GIVEN, dtype=np.int16)
        encoded = texts.dictionary_encode()
        found = [self._level(text) for text in encoded.dictionary.to_pylist()]
        if len(self._levels) > MOST_VALUES:
            self._ungrouped, self._levels = True, {}
            return self.add(texts)
        levels = np.array([*found, NOT_GIVEN], dtype=np.int16)
        places = pc.fill_null(encoded.indices, len(found)).to_numpy(zero_copy_only=False)
        codes: Codes = levels[places]
        self._outside += int(((codes == NOT_GIVEN) & (places < len(found))).sum())
        counts = np.bincount(codes[codes != NOT_GIVEN], minlength=len(self._levels))
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        return codes

    def groups(self, codes: Codes) -> Groups | None:
        """The groups of rows, given all their codes so far; None where no row had a value, or there are too many."""
        if not self._levels or self.ungrouped:
            return None
        named = self._named()
        names = self._ordered(named)
        final = np.array([names.index(name) for name in named] + [NOT_GIVEN], dtype=np.int16)
        return Groups(self._grouping.column, names, final[codes])

    @property
    def ungrouped(self) -> bool:
        """Whether the values are so many that they are no groups."""
        kinds = 0 if self._grouping.bands else len(set(self._named()))
        return self._ungrouped or (kinds > MOST_NUMBERS and kinds * ROWS_A_VALUE > int(self._counts.sum()))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the declared bands and names did not fit, in sentences; no value of a row."""
        place, n = f"[fairness.groups.{self._grouping.column}]", self._outside
        rows, count = ("row", "counts") if n == 1 else ("rows", "count")
        outside = f"{n:,} {rows} with a value in none of the bands of {place} {count} as not given."
        unused = f"No row has a value that {place} names: {', '.join(sorted(self._unused))}."
        return (*([outside] if n else []), *([unused] if self._levels and self._unused else []))

    def _level(self, text: str) -> int:
        if self._grouping.bands:
            number = _number(text)
            if number is None:
                return NOT_GIVEN
            text = self._bands[bisect_right(self._grouping.bands, number)]
        self._unused.discard(text)
        return self._levels.setdefault(self._names.get(text, text), len(self._levels))

    def _named(self) -> list[str]:
        """The group of each level."""
        values = _numbers(list(self._levels))
        if self._grouping.bands or self._names or values is None or len(values) <= MOST_NUMBERS:
            return list(self._levels)
        bands = _quarters(values, self._counts)
        names = band_names(bands)
        return [names[bisect_right(bands, value)] for value in values]

    def _ordered(self, named: list[str]) -> tuple[str, ...]:
        """Bands and names in the order of their declaration, numbers rising, texts by the alphabet."""
        values = _numbers(list(self._levels))
        if self._grouping.bands:
            return tuple(name for name in self._bands if name in named)
        if values is not None:
            return tuple(dict.fromkeys(name for _, name in sorted(zip(values, named, strict=True))))
        declared = [name for name in dict.fromkeys(self._names.values()) if name in named]
        return (*declared, *sorted(set(named) - set(declared)))


class ProtectedCoder:
    """Codes of all protected columns of rows that come a part at a time."""

    def __init__(self, protected: tuple[str, ...], fairness: Fairness) -> None:
        self._coders = {name: GroupCoder(fairness.grouping(name)) for name in protected}

    def add(self, texts: Mapping[str, Any], rows: int) -> Codes:
        """Codes `[rows, columns]` for the time being; a column that the rows do not have is not given."""
        codes = np.full((rows, len(self._coders)), NOT_GIVEN, dtype=np.int16)
        for place, (name, coder) in enumerate(self._coders.items()):
            if name in texts:
                codes[:, place] = coder.add(texts[name])
        return codes

    def protected(self, codes: Codes) -> Protected:
        """The groups of rows, given all their codes `[n, columns]`."""
        found = (coder.groups(codes[:, place]) for place, coder in enumerate(self._coders.values()))
        ungrouped = tuple(name for name, coder in self._coders.items() if coder.ungrouped)
        return Protected(tuple(one for one in found if one is not None), ungrouped, self.notes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the declared groups did not fit, in sentences."""
        return tuple(note for coder in self._coders.values() for note in coder.notes)


def _number(text: str) -> float | None:
    found = _numbers([text])
    return None if found is None or np.isnan(found[0]) else found[0]


def _numbers(texts: list[str]) -> list[float] | None:
    try:
        return [float(text) for text in texts]
    except ValueError:
        return None


def _quarters(values: list[float], counts: npt.NDArray[np.int64]) -> tuple[float, ...]:
    """Values at which the second, third and last quarter of the rows begin, each once.

    Where the lowest value has three quarters of the rows, the other values are the second group.
    """
    order = np.argsort(values)
    rising, reached = np.array(values)[order], np.cumsum(counts[order])
    places = np.searchsorted(reached, reached[-1] * np.array([0.25, 0.5, 0.75]), side="right")
    return tuple(sorted(set(rising[places].tolist()) - {rising[0]})) or (float(rising[1]),)
