"""Boosted oblivious trees by CatBoost (Prokhorenkova et al. 2018), monotone where a feature's direction is declared."""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from credit.portfolios import Feature
from forest.catboost_json import reduced
from trainer.algorithm import (
    Boosting,
    Range,
    Sample,
    Traits,
    Weights,
    monotone_constraints,
    require_both_classes,
    require_numeric,
)
from trainer.arrays import Floats
from trainer.effective_settings import plain
from trainer.errors import TrainingError


@contextmanager
def _without_pandas() -> Iterator[None]:
    """Inside, pandas is two empty classes, which is all that CatBoost needs of it for arrays (it cannot do without).

    pandas takes seconds to import, and the jobs' image does not have it.
    """
    if "pandas" in sys.modules:
        yield
        return
    stand_in = ModuleType("pandas")
    for name in ("DataFrame", "Series"):
        setattr(stand_in, name, type(name, (), {}))
    sys.modules["pandas"] = stand_in
    try:
        yield
    finally:
        del sys.modules["pandas"]


with _without_pandas():
    import catboost

NAME = "catboost"
TRAITS = Traits(stops_early=True, monotone=True)
SPACE = (
    Range("depth", 3, 7, whole=True),
    Range("learning_rate", 0.02, 0.15, log=True),
    Range("l2", 1.0, 30.0, log=True),
    Range("feature_fraction", 0.2, 1.0),
    Range("row_fraction", 0.5, 1.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Boosting):
    """How trees are grown."""

    depth: int
    learning_rate: float
    l2: float
    feature_fraction: float
    row_fraction: float


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """A fitted ensemble."""

    model: catboost.CatBoost

    @property
    def native(self) -> bytes:
        """CatBoost's JSON, less what differs between two equal fits (times, a random id) and what none needs."""
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "model.json"
            self.model.save_model(str(path), format="json")
            return reduced(json.loads(path.read_text("utf-8")))

    @property
    def rounds(self) -> int:
        """Trees."""
        return int(self.model.tree_count_)

    @property
    def weights(self) -> Weights:
        """How much predictions change on average where a feature's value does, in per cent of all features'."""
        change = self.model.get_feature_importance(type="PredictionValuesChange")
        return Weights("prediction change", np.asarray(change, dtype=np.float64))

    @property
    def parameters(self) -> dict[str, str]:
        """CatBoost's, at the values that it took."""
        return plain(self.model.get_all_params())

    def margins(self, rows: Floats) -> Floats:
        """Log-odds of default `[n]` of rows `[n, d]`."""
        margins = self.model.predict(rows, prediction_type="RawFormulaVal", thread_count=1)
        return np.asarray(margins, dtype=np.float64).reshape(len(rows))


def settings_for(sample: Sample, *, stopping: bool) -> Settings:
    """Settings that suit the size of the sample: few bads bear few, small, strongly shrunk trees."""
    if not stopping or sample.bads < 100:
        return Settings(
            rounds=100,
            patience=None,
            depth=3,
            learning_rate=0.05,
            l2=10.0,
            feature_fraction=0.5,
            row_fraction=1.0,
        )
    return Settings(
        rounds=3000,
        patience=200,
        depth=5,
        learning_rate=0.03,
        l2=5.0,
        feature_fraction=0.5,
        row_fraction=0.7,
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
    # CatBoost turns categories into figures of the labels met so far, which no tree of ours can ask for.
    require_numeric(NAME, features)
    require_both_classes(NAME, sample)
    names = [feature.name for feature in features]
    early = {} if settings.patience is None else {"od_type": "Iter", "od_wait": settings.patience}
    model = catboost.CatBoost({**_parameters(features, settings, seed=seed, threads=threads), **early})
    try:
        held_back = None if stopping is None else catboost.Pool(stopping.rows, stopping.y, feature_names=names)
        model.fit(
            catboost.Pool(sample.rows, sample.y, feature_names=names),
            eval_set=held_back,
            use_best_model=held_back is not None,
        )
    except catboost.CatBoostError as error:
        raise TrainingError(f"{NAME}: {str(error).splitlines()[0]}") from error
    return Trees(model)


def _parameters(features: Sequence[Feature], settings: Settings, *, seed: int, threads: int) -> dict[str, object]:
    rows = {"bootstrap_type": "No"}
    if settings.row_fraction < 1:
        rows = {"bootstrap_type": "Bernoulli", "subsample": settings.row_fraction}  # type: ignore[dict-item]
    return {
        "loss_function": "Logloss",
        "grow_policy": "SymmetricTree",
        "monotone_constraints": monotone_constraints(features),
        "iterations": settings.rounds,
        "depth": settings.depth,
        "learning_rate": settings.learning_rate,
        "l2_leaf_reg": settings.l2,
        "rsm": settings.feature_fraction,
        **rows,
        "random_seed": seed,
        "thread_count": threads,
        "allow_writing_files": False,
        "logging_level": "Silent",
    }
