"""A small trained model, ready to be written as a bundle."""

from datetime import UTC, datetime

import lightgbm
import numpy as np
import pyarrow as pa

from credit.bundle.calibration import Calibration
from credit.bundle.content import BundleContent
from credit.bundle.manifest import TrainingWindow
from credit.bundle.model_id import model_id_of
from credit.portfolios import Feature, FeatureKind, LabelRule, PortfolioName

FEATURES = (
    Feature("metric_median_paycheck", FeatureKind.NUMERIC, "currency", 1, "income"),
    Feature("metric_overdraft_count90", FeatureKind.NUMERIC, "count", -1, "overdrafts", may_be_missing=False),
    Feature("pay_cycle", FeatureKind.CATEGORICAL, "cycle", 0, "income"),
)
TRAINED_AT = datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC)


def example_content(*, rows: int = 400, rounds: int = 5, seed: int = 0) -> BundleContent:
    rng = np.random.default_rng(seed)
    features = np.column_stack([rng.lognormal(7, 0.5, rows), rng.poisson(1.0, rows), rng.integers(0, 6, rows)]).astype(
        np.float64
    )
    features[rng.random(rows) < 0.1, 0] = np.nan
    bad = (features[:, 1] + rng.normal(size=rows) > 2).astype(float)
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": seed}
    training = lightgbm.Dataset(
        features,
        bad,
        feature_name=[feature.name for feature in FEATURES],
        categorical_feature=[2],
        params={"verbosity": -1},
    )
    booster = lightgbm.train(settings, training, rounds)
    columns = {feature.name: features[:, column] for column, feature in enumerate(FEATURES)}
    return BundleContent(
        model_id=model_id_of("cash_advance", TRAINED_AT),
        portfolio=PortfolioName("cash_advance"),
        algorithm="lightgbm",
        features=FEATURES,
        window=TrainingWindow(datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        label_rule=LabelRule(days_late=30, material_amount=5.0, settlement_lag_days=5),
        metrics={"roc_auc": {"value": 0.75, "low": 0.5, "high": 1.0}},
        model=booster.model_to_string().encode(),
        calibration=Calibration(a=1.25, b=-0.5),
        catalogue_version="1",
        reference=pa.table({"subject_id": [f"u{row}" for row in range(rows)], **columns}),
    )
