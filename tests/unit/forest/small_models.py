"""Small LightGBM models, and rows that look for a difference between two engines."""

from dataclasses import dataclass

import lightgbm
import numpy as np

from forest.engine import Floats
from forest.lightgbm_reading import ZERO_THRESHOLD

WIDTH = 5
CATEGORICAL = (1, 3)
_HARD_NUMBERS = (
    *(np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-36, -1e-36, 1e300, -1e300, 5e-324),
    *(ZERO_THRESHOLD, -ZERO_THRESHOLD, np.nextafter(ZERO_THRESHOLD, 1), np.nextafter(-ZERO_THRESHOLD, -1)),
)
_HARD_CATEGORIES = (
    *(-1.0, -0.5, 0.5, 3.7, 11.2, 31.0, 32.0, 13.0, 1e9, 2.0**31, 2.0**32 - 1, 2.0**33 + 1),
    *(-(2.0**31) - 1, 1e300, np.inf, -np.inf, np.nan, -0.0, 1e-36, -1e-36),
)


@dataclass(frozen=True)
class SmallModel:
    booster: lightgbm.Booster
    rows: Floats
    """Training rows."""

    @property
    def text(self) -> str:
        return str(self.booster.model_to_string())


def small_model(seed: int, *, categorical: tuple[int, ...] = (), rounds: int = 40, **parameters: object) -> SmallModel:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(1500, WIDTH))
    rows[:, 0] = np.where(rng.random(1500) < 0.4, 0.0, rows[:, 0])  # LightGBM then splits at its zero threshold
    rows[:, list(categorical)] = rng.integers(0, 40, size=(1500, len(categorical)))
    rows[rng.random(rows.shape) < 0.1] = np.nan
    risk = np.nan_to_num(rows[:, 0] + np.sin(rows[:, 1]) * rows[:, 2])
    bad = (risk + rng.normal(size=1500) > 1).astype(float)
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": seed, **parameters}
    training = lightgbm.Dataset(rows, bad, categorical_feature=list(categorical), params={"verbosity": -1})
    return SmallModel(booster=lightgbm.train(settings, training, rounds), rows=rows)


def hard_rows(model: SmallModel, rng: np.random.Generator) -> Floats:
    """Training rows, with hard numbers sown into them, and one row on and on each side of every threshold."""
    rows = [model.rows, _on_thresholds(model)]
    for number in _HARD_NUMBERS:
        sown = model.rows[:100].copy()
        sown[rng.random(sown.shape) < 0.4] = number
        rows.append(sown)
    categories = model.rows[:500].copy()
    categories[:, CATEGORICAL] = rng.choice(_HARD_CATEGORIES, size=(500, len(CATEGORICAL)))
    return np.vstack([*rows, categories])


def _on_thresholds(model: SmallModel) -> Floats:
    splits = model.booster.trees_to_dataframe().query("decision_type == '<='")
    columns = splits["split_feature"].str.removeprefix("Column_").astype(int).to_numpy()
    thresholds = splits["threshold"].astype(float).to_numpy()
    sides = [np.nextafter(thresholds, -np.inf), thresholds, np.nextafter(thresholds, np.inf)]
    rows = np.repeat(model.rows[:1], 3 * len(splits), axis=0)
    rows[np.arange(len(rows)), np.tile(columns, 3)] = np.concatenate(sides)
    return rows
