"""Models of the cash-advance portfolio to swap: two ensembles in turn, each time with a calibration of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa

from credit.bundle.calibration import Calibration
from credit.bundle.content import BundleContent
from credit.bundle.manifest import TrainingWindow
from credit.bundle.model_id import model_id_of
from credit.bundle.reader import Bundle, load_bundle
from credit.bundle.writer import write_bundle
from credit.portfolio_file import load_portfolio
from credit.reasons import LATEST_SENTENCES
from forest.engine import Floats

PORTFOLIO = load_portfolio("cash_advance")
NAMES = PORTFOLIO.feature_names

_TREES, _LEAVES = 200, 31
_TRAINING_ROWS = 10_000
_MISSING = 0.1
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ensemble:
    """A trained ensemble."""

    text: str
    """LightGBM's own format."""
    rows: Floats
    """float64 [n, d] that it was trained on, NaN where missing."""


def generated_rows(count: int, rng: np.random.Generator) -> Floats:
    """Rows of the portfolio's features, float64 [count, d]: log-normal, a tenth missing."""
    rows = rng.lognormal(3, 1.5, (count, len(NAMES)))
    rows[rng.random(rows.shape) < _MISSING] = np.nan
    return rows


def trained_ensembles(seeds: Sequence[int], *, trees: int = _TREES) -> Sequence[Ensemble]:
    """An ensemble for each seed, of the same size on other rows."""
    return [_trained(np.random.default_rng(seed), seed, trees) for seed in seeds]


def write_models(folder: Path, ensembles: Sequence[Ensemble], count: int) -> Sequence[Bundle]:
    """Bundles of so many models, no two of which give a row the same probability."""
    return [_written(folder, ensembles[number % len(ensembles)], number) for number in range(count)]


def _trained(rng: np.random.Generator, seed: int, trees: int) -> Ensemble:
    rows = generated_rows(_TRAINING_ROWS, rng)
    known = np.log1p(np.nan_to_num(rows))
    risk = known[:, 0] - known[:, 1] * known[:, 2] / 3 + np.sin(known[:, 3]) + rng.normal(size=len(rows))
    settings = {
        "objective": "binary",
        "num_leaves": _LEAVES,
        "learning_rate": 0.05,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": seed,
        "verbosity": -1,
    }
    bad = (risk > np.median(risk)).astype(np.float64)
    booster = lightgbm.train(settings, lightgbm.Dataset(rows, bad, params={"verbosity": -1}), trees)
    return Ensemble(str(booster.model_to_string()), rows)


def _written(folder: Path, ensemble: Ensemble, number: int) -> Bundle:
    trained_at = _FIRST + timedelta(minutes=number)
    content = BundleContent(
        model_id=model_id_of(PORTFOLIO.name, trained_at),
        portfolio=PORTFOLIO.name,
        algorithm=PORTFOLIO.algorithm,
        features=PORTFOLIO.features,
        window=TrainingWindow(_FIRST - timedelta(days=365), trained_at),
        label_rule=PORTFOLIO.label,
        metrics={},
        model=ensemble.text.encode(),
        calibration=Calibration(a=1.0, b=number / 64),
        catalogue_version=LATEST_SENTENCES,
        reference=pa.table({name: ensemble.rows[:2000, column] for column, name in enumerate(NAMES)}),
    )
    return load_bundle(write_bundle(folder, content))
