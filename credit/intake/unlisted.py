"""Texts of a table that are among no feature's categories: a model reads them as missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from credit.intake.errors import MalformedTableError
from credit.intake.table_rows import TableRows
from credit.portfolios import Feature

Floats = npt.NDArray[np.float64]

_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class UnlistedTexts:
    """Of one categorical feature."""

    feature: str
    column: str
    given: int
    """Rows that hold a text."""
    rows: int
    """Those whose text is not among the categories."""
    example: str
    row: int
    """Number in the file of the first of them, which holds the example."""

    def __str__(self) -> str:
        """As the end of a sentence that names the feature."""
        noun = "row holds" if self.rows == 1 else "rows hold"
        return (
            f"{self.rows:,} {noun} a text that is not among its categories, the first {self.example!r} "
            f"in row {self.row}"
        )


class Unlisted:
    """Counts of texts that are not listed, of the rows so far."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features = features
        self._given = {feature.name: 0 for feature in features if feature.categories}
        self._found: dict[str, UnlistedTexts] = {}

    def add(self, rows: TableRows) -> None:
        """Count rows."""
        for place, feature in enumerate(self._features):
            if feature.name in self._given:
                self._count(feature, rows, np.isnan(rows.values[:, place]))

    def _count(self, feature: Feature, rows: TableRows, gone: npt.NDArray[np.bool_]) -> None:
        texts = rows.texts[feature.name]
        given = pc.is_valid(texts).to_numpy(zero_copy_only=False)
        self._given[feature.name] += int(given.sum())
        places = np.flatnonzero(given & gone)
        before = self._found.get(feature.name)
        if not len(places) and before is None:
            return
        first = before or UnlistedTexts(
            *(feature.name, feature.source, 0, 0, texts[int(places[0])].as_py(), int(rows.numbers[places[0]]))
        )
        counts = self._given[feature.name], first.rows + len(places)
        self._found[feature.name] = UnlistedTexts(feature.name, feature.source, *counts, first.example, first.row)

    @property
    def found(self) -> tuple[UnlistedTexts, ...]:
        """Of each feature that has such texts, in the features' order."""
        return tuple(self._found[feature.name] for feature in self._features if feature.name in self._found)

    def check(self, file: str) -> None:
        """Do nothing where each feature that has texts has one that is listed.

        Raises:
            MalformedTableError: naming the column and row, and what is listed.
        """
        for one in self.found:
            if one.rows == one.given:
                feature = next(feature for feature in self._features if feature.name == one.feature)
                raise MalformedTableError(
                    f"{file}: row {one.row}, column {one.column}: {lost(feature, one.example, one.given)}"
                )


class StoredUnlisted:
    """Categorical features of loaded rows of which no text is listed, so far."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features = features
        self._listed = {feature.name for feature in features if not feature.categories}
        self._given: dict[str, int] = {}
        self._example: dict[str, str] = {}

    def add(self, values: Floats, unlisted: Mapping[str, Sequence[str]]) -> None:
        """Rows `[n, d]` in the features' order, and the texts of features of which none of these is listed."""
        listed = np.flatnonzero(~np.isnan(values).all(axis=0))
        self._listed |= {self._features[place].name for place in listed.tolist()}
        for name, texts in unlisted.items():
            self._given[name] = self._given.get(name, 0) + len(texts)
            self._example.setdefault(name, texts[0])

    def check(self, place: str) -> None:
        """Do nothing where each feature that has texts has one that is listed.

        Raises:
            MalformedTableError: naming the feature, and what is listed.
        """
        for feature in self._features:
            if feature.name in self._given and feature.name not in self._listed:
                why = lost(feature, self._example[feature.name], self._given[feature.name])
                raise MalformedTableError(f"{place}, rows that are loaded: {why}")


def lost(feature: Feature, example: str, given: int) -> str:
    """Why a feature of which no text is listed is none, and what to do."""
    listed = ", ".join(map(repr, feature.categories[:_MOST_SHOWN]))
    more = f" and {len(feature.categories) - _MOST_SHOWN:,} more" if len(feature.categories) > _MOST_SHOWN else ""
    told = (
        f"{example!r} is not among the categories of {feature.name} ({listed}{more}), nor is any other of its "
        f"{given:,} texts, so that the feature would be missing everywhere. "
    )
    if example.lower() in {"true", "false"}:
        return told + "Leave out its kind and categories: true and false are read as 1 and 0, in any case"
    if example.lower() in {text.lower() for text in feature.categories}:
        return told + "List the categories as they are written there: capital and small letters differ"
    return told + "List the categories as they are written there"
