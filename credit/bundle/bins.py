"""Bins frozen at training, so that every later comparison counts into the same ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from credit.bundle.canonical import Json, to_bytes, to_object
from credit.bundle.errors import BundleError
from credit.portfolios import Feature, FeatureKind
from forest.engine import Floats

FILE = "bins.json"
_DECILES = np.arange(1, 10) / 10


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of one column: its own, then one for missing, then one for unseen.

    A numeric column has `len(edges) + 1` own bins, open at both ends, bin i being (edges[i-1], edges[i]]; unseen
    are the infinities, which no training row may hold. A categorical one has a bin a category; unseen are the
    categories that training did not have.
    """

    kind: FeatureKind
    edges: tuple[float, ...]
    """Upper edges of a numeric column's bins but the last, rising; a categorical column's categories, rising."""
    counts: tuple[int, ...]
    """Rows of the reference in each bin, missing and unseen last."""

    @property
    def size(self) -> int:
        """Number of bins, missing and unseen included."""
        return len(self.edges) + (3 if self.kind is FeatureKind.NUMERIC else 2)

    def assign(self, values: Floats) -> npt.NDArray[np.int64]:
        """The bin of each value, int64 [n] in [0, size); `size - 2` is missing, `size - 1` unseen."""
        edges = np.array(self.edges)
        places = np.searchsorted(edges, values, side="left").astype(np.int64)
        places[self._unseen(values, edges, places)] = self.size - 1
        places[np.isnan(values)] = self.size - 2
        return places

    def count(self, values: Floats) -> npt.NDArray[np.int64]:
        """How many of the values float64 [n] fall into each bin, int64 [size]."""
        return np.bincount(self.assign(values), minlength=self.size).astype(np.int64)

    def _unseen(self, values: Floats, edges: Floats, places: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        if self.kind is FeatureKind.NUMERIC:
            return np.isinf(values)
        padded = np.append(edges, np.nan)
        unseen: npt.NDArray[np.bool_] = padded[places] != values
        return unseen


def bins_of(values: Floats, kind: FeatureKind) -> Bins:
    """Bins of a training column, float64 [n]: deciles, or the categories.

    Equal deciles are merged, and every own bin holds a training row: an empty one would make any later row in
    it look like infinite drift.
    """
    present = values[np.isfinite(values)]
    edges = np.unique(present) if kind is FeatureKind.CATEGORICAL else _decile_edges(present)
    empty = Bins(kind=kind, edges=tuple(map(float, edges)), counts=())
    return Bins(kind=kind, edges=empty.edges, counts=tuple(map(int, empty.count(values))))


def bins_of_rows(features: Sequence[Feature], rows: Floats) -> dict[str, Bins]:
    """Bins of each feature of training rows float64 [n, d]."""
    return {feature.name: bins_of(rows[:, column], feature.kind) for column, feature in enumerate(features)}


def bins_to_bytes(bins: Mapping[str, Bins]) -> bytes:
    """Bins of all columns as canonical JSON."""
    columns: dict[str, Json] = {
        name: {"kind": column.kind, "edges": list(column.edges), "counts": list(column.counts)}
        for name, column in bins.items()
    }
    return to_bytes(columns, file=FILE)


def bins_from_bytes(content: bytes) -> dict[str, Bins]:
    """Bins of all columns in canonical JSON.

    Raises:
        BundleError: where it is none.
    """
    try:
        return {name: _bins(column) for name, column in to_object(content, file=FILE).items()}
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{FILE}: a field is missing or has a wrong type: {error!r}") from error


def _bins(column: Json) -> Bins:
    fields = cast("dict[str, Json]", column)
    return Bins(
        kind=FeatureKind(cast("str", fields["kind"])),
        edges=tuple(cast("list[float]", fields["edges"])),
        counts=tuple(cast("list[int]", fields["counts"])),
    )


def _decile_edges(present: Floats) -> Floats:
    if not len(present):
        return np.empty(0)
    # Observed values as edges, and none at the maximum: each bin (lower, upper] then holds its upper edge.
    edges = np.unique(np.quantile(present, _DECILES, method="inverted_cdf"))
    below: Floats = edges[edges < present.max()]
    return below
