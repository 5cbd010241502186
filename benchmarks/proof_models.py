"""Models of three libraries for the engine's proof, and what each library itself answers."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
import sklearn.ensemble
import treelite

from forest.treelite_engine import checkpoint_of_lightgbm
from forest.trees import Reading

Floats = npt.NDArray[np.float64]

WIDTH = 12
CATEGORICAL = (3, 7)
CATEGORIES = (40, 6)
_TRAINING_ROWS = 20_000


@dataclass(frozen=True)
class ProofModel:
    """A fitted model."""

    library: str
    kind: str
    checkpoint: bytes
    reading: Reading
    own_margins: Callable[[Floats], Floats]
    """The library's own margins of rows that it accepts."""
    tolerance: float
    """Largest difference from the library's own margins: 0 where it computes in double."""
    refuses_infinity: bool


def training_rows(rng: np.random.Generator, count: int = _TRAINING_ROWS) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Rows with missing values, exact zeros and categories; and which of them are bad."""
    rows = rng.normal(size=(count, WIDTH)) * np.geomspace(1e-3, 1e6, WIDTH)
    rows[:, 0] = np.where(rng.random(count) < 0.3, 0.0, rows[:, 0])
    for column, categories in zip(CATEGORICAL, CATEGORIES, strict=True):
        rows[:, column] = rng.integers(0, categories, count)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    known = np.nan_to_num(rows / np.nanstd(rows, axis=0))
    risk = known[:, 1] * known[:, 2] + np.sin(3 * known[:, 4]) + (rows[:, 3] % 3 == 0) + known[:, 5:].sum(axis=1) / 3
    return rows, (risk + rng.normal(size=count) > 1).astype(np.int64)


def proof_models() -> Iterator[ProofModel]:
    """The models, fitted one after the other: XGBoost's only where it is installed."""
    for make, kinds in ((_lightgbm, _LIGHTGBM), (_sklearn, _SKLEARN), (_xgboost, _XGBOOST)):
        for seed, (kind, settings) in enumerate(kinds.items()):
            yield make(kind, seed, **settings)


_LIGHTGBM: Mapping[str, dict[str, Any]] = {
    "numeric": {},
    "with categories": {"categorical": True},
    "one hot categories": {"categorical": True, "max_cat_to_onehot": 64},
    "63 leaves": {"num_leaves": 63},
    "400 leaves": {"num_leaves": 400, "rounds": 30, "min_data_in_leaf": 5},
    "thousands of thresholds": {"max_bin": 5000, "min_data_in_bin": 1, "num_leaves": 255, "rounds": 40},
    "without missing": {"use_missing": False},
    "dart": {"boosting": "dart"},
    "monotone": {"monotone_constraints": [1, -1, *[0] * (WIDTH - 2)]},
    "extra trees": {"extra_trees": True, "rounds": 200},
}
_XGBOOST: Mapping[str, dict[str, Any]] = {
    "numeric": {},
    "with categories": {"categorical": True, "max_cat_to_onehot": 2},
    "one hot categories": {"categorical": True, "max_cat_to_onehot": 100},
    "exact": {"tree_method": "exact"},
    "deep": {"max_depth": 10, "rounds": 40},
    "by loss": {"grow_policy": "lossguide", "max_leaves": 40, "max_depth": 0},
    "dart": {"booster": "dart"},
    "parallel trees": {"num_parallel_tree": 3, "subsample": 0.5, "rounds": 30},
}
_SKLEARN: Mapping[str, dict[str, Any]] = {
    "random forest": {"estimator": "RandomForestClassifier", "n_estimators": 100, "max_depth": 7},
    "random forest, whole trees": {"estimator": "RandomForestClassifier", "n_estimators": 20},
    "random forest, weighted": {"estimator": "RandomForestClassifier", "class_weight": "balanced", "max_depth": 10},
    "random forest regressor": {"estimator": "RandomForestRegressor", "n_estimators": 20, "max_depth": 12},
    "extra trees": {"estimator": "ExtraTreesClassifier", "n_estimators": 50, "max_depth": 12},
    "extra trees regressor": {"estimator": "ExtraTreesRegressor", "n_estimators": 50, "max_depth": 8},
}


def _lightgbm(kind: str, seed: int, *, categorical: bool = False, rounds: int = 100, **settings: object) -> ProofModel:
    rows, bad = training_rows(np.random.default_rng([seed, 1]))
    columns = list(CATEGORICAL) if categorical else []
    data = lightgbm.Dataset(rows, bad, categorical_feature=columns, params={"verbosity": -1, **settings})
    booster = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1, **settings}, data, rounds)
    return ProofModel(
        library="LightGBM",
        kind=kind,
        checkpoint=checkpoint_of_lightgbm(booster.model_to_string()),
        reading=Reading.LIGHTGBM,
        own_margins=partial(booster.predict, raw_score=True, num_threads=1),
        tolerance=0.0,
        refuses_infinity=False,
    )


def _sklearn(kind: str, seed: int, *, estimator: str, **settings: object) -> ProofModel:
    rows, bad = training_rows(np.random.default_rng([seed, 2]))
    forest = getattr(sklearn.ensemble, estimator)(random_state=seed, **settings).fit(rows, bad)

    def own_margins(given: Floats) -> Floats:
        answers: Floats = forest.predict_proba(given)[:, 1] if hasattr(forest, "classes_") else forest.predict(given)
        return answers

    return ProofModel(
        library="scikit-learn",
        kind=kind,
        checkpoint=treelite.sklearn.import_model(forest).serialize_bytes(),
        reading=Reading.FLOAT32,
        own_margins=own_margins,
        tolerance=0.0,
        refuses_infinity=True,
    )


def _xgboost(kind: str, seed: int, *, categorical: bool = False, rounds: int = 100, **settings: object) -> ProofModel:
    import xgboost  # noqa: PLC0415 - an extra that only training needs

    rows, bad = training_rows(np.random.default_rng([seed, 3]))
    types = ["c" if categorical and column in CATEGORICAL else "q" for column in range(WIDTH)]

    def matrix(given: Floats, label: npt.NDArray[np.int64] | None = None) -> xgboost.DMatrix:
        return xgboost.DMatrix(given, label, feature_types=types, enable_categorical=True, nthread=1)

    parameters = {"objective": "binary:logistic", "nthread": 1, "seed": seed, **settings}
    booster = xgboost.train(parameters, matrix(rows, bad), rounds)

    def own_margins(given: Floats) -> Floats:
        known = given.copy()
        if categorical:
            # XGBoost stops at a category below 0, and at one that float32 has not.
            columns = known[:, CATEGORICAL]
            known[:, CATEGORICAL] = np.where((columns < 0) | (columns >= 2**24), np.nan, columns)
        return np.asarray(booster.predict(matrix(known), output_margin=True), dtype=np.float64)

    return ProofModel(
        library="XGBoost",
        kind=kind,
        checkpoint=treelite.frontend.from_xgboost(booster).serialize_bytes(),
        reading=Reading.FLOAT32,
        own_margins=own_margins,
        tolerance=1e-5,
        refuses_infinity=True,
    )
