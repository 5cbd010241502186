"""Why a feature of a scored subject is unknown."""

from collections.abc import Mapping, Sequence
from itertools import compress

import numpy as np

from credit.portfolios import Feature
from predictor.feature_values import Floats

NOT_SUPPLIED = "not supplied"
"""Why a feature is unknown that a client left out."""
NOT_IN_TABLE = "not in the lender's table"
"""Why a feature is unknown that the subject's latest row does not have."""
_NO_CATEGORY = ", or none of the model's categories"


def absent_because(features: Sequence[Feature], because: str) -> Mapping[str, str]:
    """The reason by feature, in order: one with texts is also unknown where its text is none of the model's."""
    return {feature.name: because + (_NO_CATEGORY if feature.categories else "") for feature in features}


def null_reasons(rows: Floats, because: Mapping[str, str]) -> tuple[Mapping[str, str], ...]:
    """For each row of float64 `[n, d]`, the reason for each feature that is NaN; `because` has all d, in order."""
    return tuple(dict(compress(because.items(), gone)) for gone in np.isnan(rows).tolist())
