"""Small samples, and bundles of what was fitted to them."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from credit.bundle.calibration import Calibration
from credit.bundle.content import BundleContent
from credit.bundle.manifest import TrainingWindow
from credit.bundle.model_id import model_id_of
from credit.portfolios import Feature, FeatureKind, LabelRule, PortfolioName
from trainer.algorithm import Algorithm, Estimator, Sample
from trainer.calibration import IDENTITY, fit_calibration
from trainer.evaluation import probability

FEATURES = (
    Feature("pay", FeatureKind.NUMERIC, "currency", 1, "income"),
    Feature("overdrafts", FeatureKind.NUMERIC, "count", -1, "overdrafts"),
    Feature("noise", FeatureKind.NUMERIC, "count", 0, "activity"),
    Feature("constant", FeatureKind.NUMERIC, "count", 0, "activity"),
)
NAMES = tuple(feature.name for feature in FEATURES)


def draw(n: int, seed: int) -> Sample:
    """Rows in which pay is worth more than overdrafts cost, nothing else matters, and one value in 20 is missing."""
    rng = np.random.default_rng(seed)
    rows = np.column_stack([rng.normal(size=(n, 3)) * [300.0, 2.0, 1.0] + [1500.0, 1.0, 0.0], np.full(n, 7.0)])
    risk = -1.2 * (rows[:, 0] - 1500) / 300 + 0.8 * (rows[:, 1] - 1) / 2
    y = rng.random(n) < probability(-1.5 + risk)
    rows[:, :3][rng.random((n, 3)) < 0.05] = np.nan
    return Sample(rows, y.astype(np.int8))


def calibration_of(algorithm: Algorithm, estimator: Estimator, held_back: Sample) -> Calibration:
    if algorithm.TRAITS.calibrated:
        return IDENTITY
    return fit_calibration(estimator.margins(held_back.rows), held_back.y, algorithm.TRAITS.scale)


def content_of(algorithm: Algorithm, estimator: Estimator, sample: Sample, held_back: Sample) -> BundleContent:
    return BundleContent(
        model_id=model_id_of("contract", datetime(2026, 3, 1, tzinfo=UTC)),
        portfolio=PortfolioName("contract"),
        algorithm=algorithm.NAME,
        features=FEATURES,
        window=TrainingWindow(datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        label_rule=LabelRule(days_late=30, material_amount=5.0, settlement_lag_days=5),
        metrics={},
        model=estimator.native,
        calibration=calibration_of(algorithm, estimator, held_back),
        catalogue_version="1",
        reference=pa.table(dict(zip(NAMES, sample.rows.T, strict=True))),
        library_margins=estimator.margins,
    )
