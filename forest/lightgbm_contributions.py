"""Exact contributions by LightGBM itself, and its margins to prove another engine against."""

from dataclasses import dataclass
from typing import cast

import numpy as np

from forest.engine import Floats, ForestError, checked_rows
from forest.lightgbm_import import lightgbm
from forest.lightgbm_text import check_exact

VERSION: str = lightgbm.__version__


@dataclass(frozen=True)
class LightgbmContributions:
    """A LightGBM model loaded from its text."""

    booster: lightgbm.Booster
    width: int

    @classmethod
    def from_text(cls, model_text: str) -> "LightgbmContributions":
        """Load a text model.

        Raises:
            ForestError: where the text is no model, or one that cannot be served exactly (`check_exact`).
        """
        check_exact(model_text)
        try:
            booster = lightgbm.Booster(model_str=model_text)
        except lightgbm.basic.LightGBMError as error:
            raise ForestError(f"LightGBM {VERSION} cannot read the model: {error}") from error
        return cls(booster=booster, width=booster.num_feature())

    def margins(self, rows: Floats) -> Floats:
        """The library's own `raw_score`, float64 [n], for rows float64 [n, width]."""
        checked = checked_rows(rows, self.width)
        if not len(checked):
            return np.empty(0)
        return cast("Floats", self.booster.predict(checked, raw_score=True, num_threads=1))

    def contributions(self, rows: Floats) -> Floats:
        """Path-dependent TreeSHAP float64 [n, width + 1], base value last, for rows float64 [n, width]."""
        checked = checked_rows(rows, self.width)
        if not len(checked):
            return np.empty((0, self.width + 1))
        return cast("Floats", self.booster.predict(checked, pred_contrib=True, num_threads=1))
