"""What single columns say of the label, and which say the same."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from credit.categories import Floats
from credit.intake.faults import Faults
from credit.intake.table_columns import Outcomes, read_numbers

Sampled = Mapping[str, Any]
"""Columns of sampled rows by name, plain Arrow arrays."""


def numbers_of(column: Any, name: str) -> Floats:
    """The values float64 `[n]`, NaN where missing or no number."""
    return read_numbers(column, Faults(len(column)), name)


def codes_of_texts(texts: Any) -> Floats:
    """A number float64 `[n]` for each different text, NaN where there is none."""
    indices = texts.dictionary_encode().indices.cast(pa.float64())
    return np.array(pc.fill_null(indices, np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)


def auc_of_numbers(values: Floats, y: Outcomes) -> float:
    """ROC AUC of a number alone, in [0.5, 1], whichever way it points; 0.5 where there is one class only.

    Missing is the lowest or the highest, whichever says more.
    """
    found = [_auc(np.where(np.isnan(values), extreme, values), y) for extreme in (-np.inf, np.inf)]
    return max(max(auc, 1 - auc) for auc in found)


def auc_of_categories(codes: Floats, y: Outcomes) -> float:
    """ROC AUC of a category alone: each row has the bad rate of its category among the rows of the other half."""
    places = np.unique(codes, return_inverse=True, equal_nan=True)[1]
    half = np.arange(len(y)) % 2
    rates = np.empty(len(y))
    for one in (0, 1):
        other = half != one
        bads = np.bincount(places[other], weights=y[other] == 1, minlength=places.max() + 1)
        rows = np.bincount(places[other], minlength=places.max() + 1)
        prior = bads.sum() / max(rows.sum(), 1)
        rates[half == one] = ((bads + prior) / (rows + 1))[places[half == one]]
    auc = _auc(rates, y)
    return max(auc, 1 - auc)


def _auc(scores: Floats, y: Outcomes) -> float:
    """Mann-Whitney U of the bads over the goods by average ranks, ties half."""
    bads = int((y == 1).sum())
    goods = len(y) - bads
    if not bads or not goods:
        return 0.5
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return float((ranks[y == 1].sum() - bads * (bads + 1) / 2) / (bads * goods))
