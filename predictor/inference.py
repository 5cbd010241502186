"""A model's answer to rows of features, as named output arrays."""

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from credit.bundle.calibration import Scale
from credit.bundle.reader import Bundle
from credit.reasons import MOST_REASONS
from credit.scores import ScoredRows, points_scale, score_rows
from predictor.feature_values import Floats

Array = npt.NDArray[Any]
Wanted = tuple[str, ...] | frozenset[str]
"""Names of outputs."""
Outputs = Mapping[str, Array]
"""Arrays by name; the first dimension is the row."""

_UNEXPLAINED = frozenset({"default_probability", "margin", "points"})
_SCALED = frozenset({"margin", "shap_values", "base_value"})
"""Outputs whose numbers mean nothing without the scale."""
_VALUES_A_ROW = {"reason_codes": MOST_REASONS}
"""Of outputs that have more than one and not one a feature."""


class Depth(IntEnum):
    """What outputs need; each needs what comes before it too."""

    MARGINS = 0
    CONTRIBUTIONS = 1
    REASONS = 2


class Answer(NamedTuple):
    """What one call gets, whatever wire it came on."""

    model_name: str
    model_id: str
    feature_names: tuple[str, ...]
    outputs: Outputs
    """In the order asked for."""
    scale: Scale
    """Of the margin, and what contributions and base value add up to."""
    audit_id: str | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """What V2 says of the answer as a whole."""
        said = {} if _SCALED.isdisjoint(self.outputs) else {"scale": str(self.scale)}
        return said if self.audit_id is None else {**said, "audit_id": self.audit_id}

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.outputs.values())))


@lru_cache(maxsize=256)  # most calls want the same
def depth_of(wanted: Wanted) -> Depth:
    """What the wanted outputs need."""
    if "reason_codes" in wanted:
        return Depth.REASONS
    return Depth.MARGINS if _UNEXPLAINED.issuperset(wanted) else Depth.CONTRIBUTIONS


@lru_cache(maxsize=256)
def values_a_row(wanted: Wanted, features: int) -> int:
    """How many values the wanted outputs have for one row of so many features."""
    return sum(features if name == "shap_values" else _VALUES_A_ROW.get(name, 1) for name in wanted)


def infer(bundle: Bundle, rows: Floats, wanted: Wanted) -> Outputs:
    """The wanted outputs of rows float64 [n, d], computed no deeper than they need.

    A row's outputs do not depend on the rows beside it, to the bit, and not on what else is wanted.

    Raises:
        ForestError: where the rows do not fit the model.
    """
    depth = depth_of(wanted)
    if depth is Depth.REASONS:
        return outputs_of(score_rows(bundle, rows), wanted)
    margins = bundle.engine.margins(rows)
    given: dict[str, Array] = {"margin": margins, "default_probability": bundle.calibration.probability(margins)}
    if "points" in wanted:
        given["points"] = points_scale(bundle).rounded(bundle.calibration.log_odds(margins))
    if depth is Depth.CONTRIBUTIONS:
        given |= _explained(bundle, rows)
    return {name: given[name] for name in wanted}


def outputs_of(scored: ScoredRows, wanted: Wanted) -> Outputs:
    """The wanted outputs of scores."""
    return {name: _OUTPUT_OF[name](scored) for name in wanted}


def _explained(bundle: Bundle, rows: Floats) -> Outputs:
    # As `score_rows` has them, without the reasons, which take longest.
    explained = bundle.engine.contributions(rows)
    contributions, base_values = bundle.calibration.contributions(explained[:, :-1], explained[:, -1])
    return {"shap_values": contributions + 0.0, "base_value": base_values}


def _reason_codes(scored: ScoredRows) -> Array:
    codes = [[reason.code for reason in reasons] for reasons in scored.reasons]
    padded: Sequence[Sequence[str]] = [row + [""] * (MOST_REASONS - len(row)) for row in codes]
    return np.array(padded, dtype=np.object_).reshape(len(padded), MOST_REASONS)


_OUTPUT_OF: Mapping[str, Callable[[ScoredRows], Array]] = {
    "default_probability": lambda scored: scored.default_probabilities,
    "margin": lambda scored: scored.margins,
    "shap_values": lambda scored: scored.contributions,
    "base_value": lambda scored: scored.base_values,
    "points": lambda scored: scored.points,
    "reason_codes": _reason_codes,
}
