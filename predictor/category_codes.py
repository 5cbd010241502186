"""Categories that requests give as texts, read as the codes of the serving model."""

from collections.abc import Mapping, Sequence

import numpy as np

from credit.categories import codes_of
from credit.portfolios import Feature, FeatureKind
from predictor.errors import BadInputError
from predictor.feature_values import MISSING, Floats
from predictor.strict_json import kind_of


class CategoryCodes:
    """What texts mean to a model's features."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._codes: Mapping[str, Mapping[str, float]] = {
            feature.name: codes_of(feature) for feature in features if feature.kind is FeatureKind.CATEGORICAL
        }

    def code(self, name: str, text: str, place: str) -> float:
        """The code of a feature's text; NaN where it is blank, or none of the model's: it was missing in training too.

        Raises:
            BadInputError: where the feature is a number, or the model knows its categories by their codes alone.
        """
        codes = self._codes.get(name)
        if codes is None:
            raise BadInputError(place, f"a number or null is needed, not {kind_of(text)}")
        if not codes:
            raise BadInputError(place, f"a code or null is needed, not {kind_of(text)}: the model has no texts of it")
        # Blanks around a text are no part of it, as in training.
        return codes.get(text.strip(), MISSING)

    def column(self, name: str, texts: Sequence[str | None], place: str) -> Floats:
        """The codes float64 `[n]` of a feature's texts in rows, NaN for None.

        Raises:
            BadInputError: as `code`, naming the row.
        """
        codes = [
            MISSING if text is None else self.code(name, text, f"{place}, row {row}") for row, text in enumerate(texts)
        ]
        return np.array(codes, dtype=np.float64)
