"""What a training could have recorded."""

from datetime import UTC, datetime

from credit.bundle.evaluation import JudgedVintage, Parity, RecordedEvaluation, RocPoint, SliceCount, Tenth, Vintage
from credit.portfolios import Split, SplitKind

EVALUATION = RecordedEvaluation(
    labels_as_of=datetime(2026, 3, 1, tzinfo=UTC),
    source="audits",
    rows_sha256="5" * 64,
    dated=True,
    subject="user",
    currency="USD",
    protected=("sex", "age"),
    split=Split(SplitKind.TEMPORAL),
    slices=(SliceCount("training", 300, 40, "2025-01-02", "2025-11-30"), SliceCount("test", 100, 20, None, None)),
    vintages=(Vintage("2025-12", 400, 3, 7, 60), Vintage("2026-01", 0, 0, 5, 0)),
    parity=Parity(120, 119),
    rounds=5,
    calibrated_on="calibration slice",
    roc=(RocPoint(0.0, 0.0), RocPoint(0.25, 0.75), RocPoint(1.0, 1.0)),
    tenths=(
        Tenth(50, 15, 0.3, 0.19, 0.44, 0.2, 0.6, 0.35, 0.75, 1.5, 0.5),
        Tenth(50, 5, 0.1, 0.04, 0.21, 0.01, 0.2, 0.09, 1.0, 0.5, 0.0),
    ),
    by_vintage=(
        JudgedVintage("2025-12", 60, 20, 0.33, 0.2, 0.5, 0.3, 0.8, 0.7, 0.9, 0.02, 0.05),
        JudgedVintage("2026-01", 40, 0, 0.0, 0.0, 0.1, 0.1, None, None, None, 0.3, 0.06),
    ),
)
