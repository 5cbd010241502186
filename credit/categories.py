"""Categories: the texts that a lender writes, and the codes that a model reads in their stead."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from credit.portfolios import Feature

Floats = NDArray[np.float64]


def codes_of(feature: Feature) -> Mapping[str, float]:
    """The code of each text of a categorical feature: its place in the list, from 0. Any other text is missing."""
    return {text: float(place) for place, text in enumerate(feature.categories)}


def recoded(values: Floats, given: Sequence[Feature], wanted: Sequence[Feature]) -> Floats:
    """Rows float64 `[n, d]` with the features `given`, as rows `[n, w]` with the features `wanted`.

    A category keeps its text, whatever its place in the two lists; a text that the wanted list has not is missing.
    Where one of the two has no list, codes stay as they are.

    Raises:
        KeyError: where a wanted feature is not given.
    """
    place_of = {feature.name: place for place, feature in enumerate(given)}
    columns = [place_of[feature.name] for feature in wanted]
    rows = np.ascontiguousarray(values[:, columns])
    for column, feature in enumerate(wanted):
        before = given[columns[column]]
        if feature.categories and before.categories and feature.categories != before.categories:
            rows[:, column] = _recoded(rows[:, column], before, feature)
    return rows


def _recoded(codes: Floats, before: Feature, after: Feature) -> Floats:
    known = codes_of(after)
    # The last is what a missing value reads.
    found = np.array([*(known.get(text, np.nan) for text in before.categories), np.nan])
    places = np.where(np.isnan(codes), len(before.categories), codes).astype(np.int64)
    return found[places]
