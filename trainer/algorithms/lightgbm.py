"""Gradient-boosted trees by LightGBM (Ke et al. 2017), monotone where a feature's direction is declared."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from credit.portfolios import Feature
from forest.lightgbm_import import lightgbm
from trainer.algorithm import Boosting, Range, Sample, Traits, Weights, categorical_columns, monotone_constraints
from trainer.arrays import Floats
from trainer.effective_settings import plain

NAME = "lightgbm"
TRAITS = Traits(stops_early=True, monotone=True)
SPACE = (
    Range("leaves", 4, 31, log=True, whole=True),
    Range("learning_rate", 0.01, 0.1, log=True),
    Range("min_rows_in_leaf", 20, 400, log=True, whole=True),
    Range("l2", 0.1, 50.0, log=True),
    Range("feature_fraction", 0.2, 1.0),
    Range("row_fraction", 0.4, 1.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Boosting):
    """How trees are grown."""

    leaves: int
    learning_rate: float
    min_rows_in_leaf: int
    l2: float
    feature_fraction: float
    row_fraction: float


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """A fitted ensemble: LightGBM's own text, the number of rounds kept, gain of each feature."""

    native: bytes
    rounds: int
    weights: Weights

    @property
    def parameters(self) -> dict[str, str]:
        """LightGBM's, as its text ends with them: `[name: value]`, one a line."""
        _, _, behind = self.native.decode().partition("\nparameters:\n")
        lines = behind.partition("\nend of parameters")[0].splitlines()
        return plain(dict(line.strip("[]").split(": ", 1) for line in lines if ": " in line))

    def margins(self, rows: Floats) -> Floats:
        """Log-odds of default `[n]` of rows `[n, d]`."""
        booster = lightgbm.Booster(model_str=self.native.decode())
        return np.asarray(booster.predict(rows, raw_score=True), dtype=np.float64).reshape(len(rows))


def settings_for(sample: Sample, *, stopping: bool) -> Settings:
    """Settings that suit the size of the sample.

    What a tree can learn is bounded by the bads, so that few bads get few, small, strongly shrunk trees.
    """
    rows, bads = len(sample.y), sample.bads
    if not stopping or bads < 100:
        return Settings(
            leaves=4,
            learning_rate=0.05,
            rounds=60,
            min_rows_in_leaf=max(5, rows // 10),
            l2=10.0,
            feature_fraction=0.5,
            row_fraction=1.0,
            patience=None,
        )
    return Settings(
        leaves=int(np.clip(bads // 50, 4, 8)),
        learning_rate=0.015,
        rounds=3000,
        min_rows_in_leaf=int(np.clip(rows // 250, 20, 200)),
        l2=5.0,
        feature_fraction=0.25,
        row_fraction=0.5,
        patience=300,
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
    names, categorical = [feature.name for feature in features], categorical_columns(features)
    fitted = lightgbm.train(
        _parameters(features, settings, seed=seed, threads=threads),
        lightgbm.Dataset(sample.rows, sample.y, feature_name=names, categorical_feature=categorical),
        num_boost_round=settings.rounds,
        **_early_stopping(stopping, settings),
    )
    rounds = fitted.best_iteration if fitted.best_iteration > 0 else fitted.num_trees()
    gain = np.asarray(fitted.feature_importance("gain", iteration=rounds), dtype=np.float64)
    return Trees(str(fitted.model_to_string(num_iteration=rounds)).encode(), rounds, Weights("gain", gain))


def _parameters(features: Sequence[Feature], settings: Settings, *, seed: int, threads: int) -> dict[str, object]:
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "monotone_constraints": monotone_constraints(features),
        "monotone_constraints_method": "intermediate",
        "num_leaves": settings.leaves,
        "learning_rate": settings.learning_rate,
        "min_data_in_leaf": settings.min_rows_in_leaf,
        "lambda_l2": settings.l2,
        "feature_fraction": settings.feature_fraction,
        "bagging_fraction": settings.row_fraction,
        "bagging_freq": int(settings.row_fraction < 1),
        "seed": seed,
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }


def _early_stopping(stopping: Sample | None, settings: Settings) -> dict[str, object]:
    if stopping is None or settings.patience is None:
        return {}
    held_out = lightgbm.Dataset(stopping.rows, stopping.y)
    patience = lightgbm.early_stopping(settings.patience, verbose=False)
    return {"valid_sets": [held_out], "callbacks": [patience]}
