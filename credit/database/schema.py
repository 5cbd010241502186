"""The schema as SQLAlchemy Core tables.

Constraints and rights stand in the migrations; a test compares the two.
"""

from credit.database.columns import METADATA, ROLES, SCHEMA, STUDIES_SCHEMA
from credit.database.input_tables import ACCOUNTS, ADVANCES, FX_RATES, GROUND_TRUTH_LABELS, REPAYMENTS, TRANSACTIONS
from credit.database.output_tables import (
    ACTIVE_RUN,
    ACTIVE_RUN_KEY,
    AUDIT_BATCHES,
    BLINK_MODELS,
    DRIFT_REPORTS,
    FEATURE_STORE_SNAPSHOTS,
    LATEST_SCORES,
    PIPELINE_RUNS,
    PROMOTION_EVENTS,
    RISK_SCORE_AUDITS,
    SCHEMA_SUPPORT,
    SCORE_REQUESTS,
    SCORING_PROGRESS,
)

__all__ = [
    "ACCOUNTS",
    "ACTIVE_RUN",
    "ACTIVE_RUN_KEY",
    "ADVANCES",
    "AUDIT_BATCHES",
    "BLINK_MODELS",
    "DRIFT_REPORTS",
    "FEATURE_STORE_SNAPSHOTS",
    "FX_RATES",
    "GROUND_TRUTH_LABELS",
    "LATEST_SCORES",
    "METADATA",
    "PIPELINE_RUNS",
    "PROMOTION_EVENTS",
    "REPAYMENTS",
    "RISK_SCORE_AUDITS",
    "ROLES",
    "SCHEMA",
    "SCHEMA_SUPPORT",
    "SCORE_REQUESTS",
    "SCORING_PROGRESS",
    "STUDIES_SCHEMA",
    "TRANSACTIONS",
]
