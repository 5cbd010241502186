"""A model's answer to rows of features, as named output arrays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from credit.bundle.reader import Bundle
from credit.reasons import MOST_REASONS
from credit.scores import ScoredRows, score_rows
from predictor.feature_values import Floats

Array = npt.NDArray[Any]

SCALE = "log_odds_default"

_UNEXPLAINED = {"default_probability", "margin"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call gets, whatever wire it came on."""

    model_name: str
    model_id: str
    feature_names: tuple[str, ...]
    outputs: Mapping[str, Array]
    """By name, in the order asked for; the first dimension is the row."""
    scale: str = SCALE
    audit_id: str | None = None

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.outputs.values())))


def infer(bundle: Bundle, rows: Floats, wanted: Sequence[str]) -> Answer:
    """The wanted outputs of rows float64 [n, d]; contributions are computed only where one of them needs them.

    Raises:
        ForestError: where the rows do not fit the model.
    """
    if set(wanted) <= _UNEXPLAINED:
        margins = bundle.engine.margins(rows)
        plain = {"margin": margins, "default_probability": bundle.calibration.probability(margins)}
        return _answer(bundle, {name: plain[name] for name in wanted})
    return answer_of(bundle, score_rows(bundle, rows), wanted)


def answer_of(bundle: Bundle, scored: ScoredRows, wanted: Sequence[str], *, audit_id: str | None = None) -> Answer:
    """The wanted outputs of scores."""
    return _answer(bundle, {name: _OUTPUT_OF[name](scored) for name in wanted}, audit_id)


def _answer(bundle: Bundle, outputs: Mapping[str, Array], audit_id: str | None = None) -> Answer:
    return Answer(bundle.portfolio, bundle.model_id, bundle.feature_names, outputs, audit_id=audit_id)


def _reason_codes(scored: ScoredRows) -> Array:
    codes = [[reason.code for reason in reasons] for reasons in scored.reasons]
    padded = [row + [""] * (MOST_REASONS - len(row)) for row in codes]
    return np.array(padded, dtype=np.object_).reshape(len(padded), MOST_REASONS)


_OUTPUT_OF: Mapping[str, Callable[[ScoredRows], Array]] = {
    "default_probability": lambda scored: scored.default_probabilities,
    "margin": lambda scored: scored.margins,
    "shap_values": lambda scored: scored.contributions,
    "base_value": lambda scored: scored.base_values,
    "points": lambda scored: scored.points,
    "reason_codes": _reason_codes,
}
