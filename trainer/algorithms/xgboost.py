"""Gradient-boosted trees by XGBoost (Chen and Guestrin 2016), monotone where a feature's direction is declared."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from credit.portfolios import Feature
from forest.hidden_imports import hidden
from trainer.algorithm import (
    Boosting,
    Range,
    Sample,
    Traits,
    Weights,
    categorical_columns,
    monotone_constraints,
    require_both_classes,
)
from trainer.arrays import Floats, Outcomes
from trainer.effective_settings import plain
from trainer.errors import TrainingError

with hidden("dask", "matplotlib", "pandas", "sklearn"):
    import xgboost

NAME = "xgboost"
TRAITS = Traits(stops_early=True, monotone=True)
SPACE = (
    Range("depth", 2, 6, whole=True),
    Range("learning_rate", 0.01, 0.1, log=True),
    Range("min_hessian_in_leaf", 1.0, 50.0, log=True),
    Range("l2", 0.1, 50.0, log=True),
    Range("feature_fraction", 0.2, 1.0),
    Range("row_fraction", 0.4, 1.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Boosting):
    """How trees are grown."""

    depth: int
    learning_rate: float
    min_hessian_in_leaf: float
    """Sum of p(1 - p) over its rows."""
    l2: float
    feature_fraction: float
    row_fraction: float
    bad_weight: float | Literal["balanced"] = 1.0
    """Weight of a bad row (XGBoost's scale_pos_weight); balanced: so that bads weigh as much as goods, all together.
    Another than 1 moves the margins, which the calibration moves back."""


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """A fitted ensemble of the named columns, which are categories where `types` says c."""

    booster: xgboost.Booster
    names: tuple[str, ...]
    types: tuple[str, ...]

    @property
    def native(self) -> bytes:
        """XGBoost's JSON."""
        return bytes(self.booster.save_raw("json"))

    @property
    def rounds(self) -> int:
        """Trees."""
        return int(self.booster.num_boosted_rounds())

    @property
    def weights(self) -> Weights:
        """Reduction of the training loss by splits on each feature."""
        gain = self.booster.get_score(importance_type="total_gain")
        return Weights("gain", np.array([float(gain.get(name, 0.0)) for name in self.names]))

    @property
    def parameters(self) -> dict[str, str]:
        """XGBoost's, at the values that it took."""
        return plain(_parameter_groups(json.loads(self.booster.save_config())))

    def margins(self, rows: Floats) -> Floats:
        """Log-odds of default `[n]`, computed in float32, of rows `[n, d]` without infinities."""
        matrix = _matrix(rows, None, self.names, self.types, threads=1)
        return np.asarray(self.booster.predict(matrix, output_margin=True), dtype=np.float64)


def _parameter_groups(config: Mapping[str, Any]) -> dict[str, Any]:
    """All that stands in groups whose names end with `_param`, however deep."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                found |= one if name.endswith("_param") else _parameter_groups(one)
    return found


def settings_for(sample: Sample, *, stopping: bool) -> Settings:
    """Settings that suit the size of the sample: few bads bear few, small, strongly shrunk trees."""
    if not stopping or sample.bads < 100:
        return Settings(
            rounds=60,
            patience=None,
            depth=2,
            learning_rate=0.1,
            min_hessian_in_leaf=max(1.0, sample.bads / 20),
            l2=10.0,
            feature_fraction=0.5,
            row_fraction=1.0,
        )
    return Settings(
        rounds=3000,
        patience=200,
        depth=3,
        learning_rate=0.02,
        min_hessian_in_leaf=float(np.clip(sample.bads / 50, 2, 20)),
        l2=5.0,
        feature_fraction=0.3,
        row_fraction=0.5,
    )


def fit(
    sample: Sample,
    stopping: Sample | None,
    *,
    features: Sequence[Feature],
    settings: Settings,
    seed: int,
    threads: int,
) -> Trees:
    """Trees fitted to the sample, as `trainer.algorithm.Algorithm.fit`."""
    require_both_classes(NAME, sample)
    categorical = categorical_columns(features)
    names = tuple(feature.name for feature in features)
    types = tuple("c" if column in categorical else "q" for column in range(len(names)))
    early = {}
    try:
        if stopping is not None and settings.patience is not None:
            held_back = _matrix(stopping.rows, stopping.y, names, types, threads=threads)
            early = {"evals": [(held_back, "stopping")], "early_stopping_rounds": settings.patience}
        booster = xgboost.train(
            _parameters(features, settings, bad_weight=_bad_weight(settings, sample), seed=seed, threads=threads),
            _matrix(sample.rows, sample.y, names, types, threads=threads),
            settings.rounds,
            verbose_eval=False,
            **early,
        )
    except (xgboost.core.XGBoostError, ValueError) as error:
        # An infinity, a number beyond float32, a category below 0, a name with a bracket in it.
        raise TrainingError(f"{NAME}: {str(error).splitlines()[0]}") from error
    return Trees(booster[: booster.best_iteration + 1] if early else booster, names, types)


def _matrix(
    rows: Floats, y: Outcomes | None, names: Sequence[str], types: Sequence[str], *, threads: int
) -> xgboost.DMatrix:
    return xgboost.DMatrix(
        rows, y, feature_names=list(names), feature_types=list(types), enable_categorical=True, nthread=threads
    )


def _bad_weight(settings: Settings, sample: Sample) -> float:
    if settings.bad_weight == "balanced":
        return (len(sample.y) - sample.bads) / sample.bads
    return settings.bad_weight


def _parameters(
    features: Sequence[Feature], settings: Settings, *, bad_weight: float, seed: int, threads: int
) -> dict[str, object]:
    return {
        "objective": "binary:logistic",
        "eval_metric": "logloss",
        "tree_method": "hist",
        "monotone_constraints": tuple(monotone_constraints(features)),
        "max_depth": settings.depth,
        "learning_rate": settings.learning_rate,
        "min_child_weight": settings.min_hessian_in_leaf,
        "reg_lambda": settings.l2,
        "colsample_bynode": settings.feature_fraction,
        "subsample": settings.row_fraction,
        "scale_pos_weight": bad_weight,
        "seed": seed,
        "nthread": threads,
        "verbosity": 0,
    }
