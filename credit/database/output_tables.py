"""What the platform writes: runs, models, snapshots, audits and their ledger, progress, decisions."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from credit.database.column_types import PgSnapshot
from credit.database.columns import METADATA, TIME, key, may, model, must, run

PIPELINE_RUNS = Table(
    "pipeline_runs",
    METADATA,
    key("run_id", Uuid),
    must("kind"),
    must("portfolio"),
    may("batch_id"),
    must("as_of", TIME),
    must("pg_snapshot", PgSnapshot),
    must("shards", Integer, default="1"),
    must("state"),
    must("outcome", JSONB, default="'{}'"),
    must("started_at", TIME),
    may("finished_at", TIME),
    may("workflow"),
    may("requested_by"),
    Index("pipeline_runs_started_idx", "portfolio", "kind", "started_at"),
    Index("pipeline_runs_workflow_idx", "workflow", postgresql_where=text("workflow IS NOT NULL")),
)
ACTIVE_RUN_KEY = (PIPELINE_RUNS.c.kind, PIPELINE_RUNS.c.portfolio, text("coalesce(batch_id, '')"))
"""What one active run at a time is of."""
ACTIVE_RUN = text("state IN ('requested', 'running')")
Index("pipeline_runs_active_key", *ACTIVE_RUN_KEY, unique=True, postgresql_where=ACTIVE_RUN)

SCHEMA_SUPPORT = Table(
    "schema_support",
    METADATA,
    Column("the_row", Boolean, primary_key=True, server_default=text("true")),
    must("oldest"),
)

BLINK_MODELS = Table(
    "blink_models",
    METADATA,
    must("id", BigInteger, Identity(always=True)),
    key("model_id"),
    must("portfolio"),
    may("batch_id"),
    must("algorithm"),
    may("model_path"),
    may("manifest_sha256", LargeBinary),
    must("metrics", JSONB),
    must("feature_importance", JSONB),
    must("status"),
    run(),
    may("fitted_until", TIME),
    must("created_at", TIME),
    UniqueConstraint("id", name="blink_models_id_key"),
    Index("blink_models_champion_key", "portfolio", unique=True, postgresql_where=text("status = 'champion'")),
)

AUDIT_BATCHES = Table(
    "audit_batches",
    METADATA,
    key("writer"),
    key("sequence", BigInteger),
    must("count", Integer),
    must("merkle_root", LargeBinary),
    may("previous_root", LargeBinary),
    must("committed_at", TIME),
)

FEATURE_STORE_SNAPSHOTS = Table(
    "feature_store_snapshots",
    METADATA,
    must("snapshot_id", Uuid),
    must("as_of", TIME),
    PrimaryKeyConstraint("as_of", "snapshot_id"),
    must("portfolio"),
    must("subject_id"),
    must("source"),
    must("origin"),
    must("pg_snapshot", PgSnapshot),
    run(),
    must("features", JSONB),
    must("null_reasons", JSONB, default="'{}'"),
    Index(
        "feature_store_snapshots_batch_key",
        "as_of",
        "portfolio",
        "subject_id",
        unique=True,
        postgresql_where=text("origin = 'batch'"),
    ),
    Index("feature_store_snapshots_subject_idx", "portfolio", "subject_id", "as_of"),
    postgresql_partition_by="RANGE (as_of)",
)

RISK_SCORE_AUDITS = Table(
    "risk_score_audits",
    METADATA,
    must("audit_id", Uuid),
    must("as_of", TIME),
    PrimaryKeyConstraint("as_of", "audit_id"),
    must("scored_at", TIME),
    must("portfolio"),
    must("subject_id"),
    must("origin"),
    must("role"),
    model(),
    must("engine"),
    must("engine_version"),
    run(),
    may("request_id"),
    must("snapshot_id", Uuid),
    must("missing", JSONB),
    must("margin", Double),
    must("default_probability", Double),
    must("points", Integer),
    must("base_value", Double),
    must("contributions", JSONB),
    must("scale"),
    must("reasons", JSONB),
    must("writer"),
    must("batch_sequence", BigInteger),
    must("batch_position", Integer),
    must("sha256", LargeBinary),
    # That the snapshot is stored is checked by a trigger, once a statement.
    ForeignKeyConstraint(
        ["writer", "batch_sequence"],
        ["blink.audit_batches.writer", "blink.audit_batches.sequence"],
        deferrable=True,
        initially="DEFERRED",
    ),
    Index(
        "risk_score_audits_batch_key",
        "as_of",
        "portfolio",
        "subject_id",
        "model_id",
        "role",
        unique=True,
        postgresql_where=text("origin = 'batch'"),
    ),
    Index("risk_score_audits_ledger_idx", "writer", "batch_sequence", "batch_position"),
    Index("risk_score_audits_subject_idx", "portfolio", "subject_id", "as_of"),
    postgresql_partition_by="RANGE (as_of)",
)

SCORE_REQUESTS = Table(
    "score_requests",
    METADATA,
    key("client"),
    key("idempotency_key"),
    must("body_sha256", LargeBinary),
    must("as_of", TIME),
    must("audit_ids", ARRAY(Uuid)),
    must("answer"),
    must("created_at", TIME),
)

LATEST_SCORES = Table(
    "latest_scores",
    METADATA,
    key("portfolio"),
    key("subject_id"),
    must("as_of", TIME),
    must("audit_id", Uuid),
    model(),
    must("default_probability", Double),
    must("points", Integer),
)

SCORING_PROGRESS = Table(
    "scoring_progress",
    METADATA,
    key("portfolio"),
    Column("shard", Integer, primary_key=True, server_default=text("0"), autoincrement=False),
    model(),
    run(required=True),
    may("last_subject"),
    may("pg_snapshot", PgSnapshot),
    must("system_identifier", BigInteger),
    must("updated_at", TIME),
)

DRIFT_REPORTS = Table(
    "drift_reports",
    METADATA,
    key("report_id", Uuid),
    must("portfolio"),
    model(),
    run(),
    must("window_start", TIME),
    must("window_end", TIME),
    must("findings", JSONB),
    must("created_at", TIME),
)

PROMOTION_EVENTS = Table(
    "promotion_events",
    METADATA,
    key("event_id", BigInteger, Identity(always=True)),
    must("portfolio"),
    model(),
    model("champion_id", required=False),
    must("kind"),
    must("decision"),
    must("override", Boolean, default="false"),
    must("actor"),
    may("reason"),
    must("figures", JSONB),
    must("created_at", TIME),
    Index("promotion_events_portfolio_idx", "portfolio", "created_at"),
)
