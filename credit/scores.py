"""Scores: a model's answer for rows of features, with its exact explanation and its reasons."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import compress

import numpy as np
import numpy.typing as npt

from credit.bundle.calibration import Scale
from credit.bundle.reader import Bundle
from credit.points import PointsScale
from credit.reasons import Reason, principal_reasons

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ScoredRows:
    """Scores of n rows of d features by one model. Arrays are not to be written to."""

    model_id: str
    engine: str
    engine_version: str
    feature_names: tuple[str, ...]
    """In the order of the columns, d of them."""
    margins: FloatArray
    """`[n]`, before calibration: log-odds of default, or its probability where the scale is `probability`."""
    default_probabilities: FloatArray
    """`[n]`, in [0, 1]."""
    points: npt.NDArray[np.int64]
    """`[n]`."""
    contributions: FloatArray
    """`[n, d]`, on `scale`."""
    base_values: FloatArray
    """`[n]`: with the row's contributions they add up to logit(PD), or to the PD before it is clipped."""
    missing: npt.NDArray[np.bool_]
    """`[n, d]`, which features were unknown."""
    reasons: tuple[tuple[Reason, ...], ...]
    """n tuples of at most four."""
    scale: Scale

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.margins)

    def part(self, start: int, stop: int) -> "ScoredRows":
        """The rows of [start, stop)."""
        rows = slice(start, stop)
        return replace(
            self,
            margins=self.margins[rows],
            default_probabilities=self.default_probabilities[rows],
            points=self.points[rows],
            contributions=self.contributions[rows],
            base_values=self.base_values[rows],
            missing=self.missing[rows],
            reasons=self.reasons[rows],
        )


@dataclass(frozen=True, slots=True)
class Score:
    """One subject's score as of one time, in plain Python values."""

    subject_id: str
    as_of: datetime
    model_id: str
    engine: str
    engine_version: str
    margin: float
    """As in `ScoredRows`."""
    default_probability: float
    """In [0, 1]."""
    points: int
    base_value: float
    contributions: dict[str, float]
    """By feature; they and `base_value` add up to what `scale` says, to 1e-9."""
    scale: Scale
    reasons: tuple[Reason, ...]
    """At most four, adverse only, the greatest first."""
    missing: tuple[str, ...]
    """Features that were unknown, in the model's order."""

    @property
    def repayment_probability(self) -> float:
        """1 - PD."""
        return 1.0 - self.default_probability


def points_scale(bundle: Bundle) -> PointsScale:
    """The scale that a model's points are on."""
    card = bundle.scorecard
    return PointsScale(card.base_points, card.base_odds, card.points_to_double)


def score_rows(bundle: Bundle, rows: FloatArray) -> ScoredRows:
    """Scores of rows float64 `[n, d]` in the model's feature order, NaN where unknown.

    A row's scores do not depend on the rows beside it, to the bit.

    Raises:
        ForestError: where the rows do not fit the model.
        ReasonError: where a reason group has no sentence.
    """
    margins = bundle.engine.margins(rows)
    explained = bundle.engine.contributions(rows)
    contributions, base_values = bundle.calibration.contributions(explained[:, :-1], explained[:, -1])
    missing = np.isnan(rows)
    return ScoredRows(
        model_id=bundle.model_id,
        engine=bundle.engine.name,
        engine_version=bundle.engine.version,
        feature_names=bundle.feature_names,
        margins=margins,
        default_probabilities=bundle.calibration.probability(margins),
        points=points_scale(bundle).rounded(bundle.calibration.log_odds(margins)),
        # Adding 0.0 turns -0.0 into 0.0: JSON in the database does not keep the sign of a zero.
        contributions=contributions + 0.0,
        base_values=base_values,
        missing=missing,
        reasons=principal_reasons(contributions, missing, bundle.reason_rules),
        scale=bundle.calibration.scale,
    )


def score_of(scored: ScoredRows, row: int, *, subject_id: str, as_of: datetime) -> Score:
    """One row of `scored` as the score of a subject."""
    names = scored.feature_names
    return Score(
        subject_id=subject_id,
        as_of=as_of,
        model_id=scored.model_id,
        engine=scored.engine,
        engine_version=scored.engine_version,
        margin=float(scored.margins[row]),
        default_probability=float(scored.default_probabilities[row]),
        points=int(scored.points[row]),
        base_value=float(scored.base_values[row]),
        contributions=dict(zip(names, scored.contributions[row].tolist(), strict=True)),
        scale=scored.scale,
        reasons=scored.reasons[row],
        missing=tuple(compress(names, scored.missing[row].tolist())),
    )
