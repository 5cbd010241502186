"""The schema as SQLAlchemy Core tables; constraints and rights stand in the migrations, which a test compares."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from credit.database.column_types import PgSnapshot, Xid8

SCHEMA = "blink"
METADATA = MetaData(schema=SCHEMA)

ROLES = ("blink_owner", "blink_loader", "blink_scorer", "blink_trainer", "blink_reader")
"""Group roles without login: owner of all, writer of inputs, of scores, of models, and reader."""

_TIME = DateTime(timezone=True)


def _key(name: str, kind: object = Text, *extra: object) -> Column[object]:
    return Column(name, kind, *extra, primary_key=True)  # type: ignore[arg-type]


def _must(name: str, kind: object = Text, *extra: object, default: str | None = None) -> Column[object]:
    server_default = None if default is None else text(default)
    return Column(name, kind, *extra, nullable=False, server_default=server_default)  # type: ignore[arg-type]


def _may(name: str, kind: object = Text, *extra: object) -> Column[object]:
    return Column(name, kind, *extra, nullable=True)  # type: ignore[arg-type]


def _version() -> tuple[Column[object], ...]:
    return (_must("version", Integer, default="1"), _must("voided", Boolean, default="false"))


def _stamp() -> tuple[Column[object], ...]:
    """When we knew the fact: set by trigger, except for history."""
    return (_must("ingested_at", _TIME), _must("xid", Xid8), _must("backfilled", Boolean, default="false"))


def _model(name: str = "model_id", *, required: bool = True) -> Column[object]:
    return (_must if required else _may)(name, Text, ForeignKey("blink.blink_models.model_id"))


def _run(*, required: bool = False) -> Column[object]:
    return (_must if required else _may)("run_id", Uuid, ForeignKey("blink.pipeline_runs.run_id"))


ACCOUNTS = Table(
    "accounts",
    METADATA,
    _key("account_id", BigInteger, Identity(always=True)),
    _must("portfolio"),
    _must("provider_id"),
    *_version(),
    _may("corrects", BigInteger, ForeignKey("blink.accounts.account_id")),
    _must("subject_id"),
    _must("currency"),
    _must("timezone"),
    _must("opened_at", _TIME),
    *_stamp(),
    UniqueConstraint("portfolio", "provider_id", "version", name="accounts_version_key"),
    Index("accounts_subject_idx", "portfolio", "subject_id"),
    Index("accounts_xid_idx", "xid"),
)

TRANSACTIONS = Table(
    "transactions",
    METADATA,
    _key("account_id", BigInteger, ForeignKey("blink.accounts.account_id")),
    _key("provider_id"),
    Column("version", Integer, primary_key=True, server_default=text("1")),
    _must("voided", Boolean, default="false"),
    _must("posted_at", _TIME),
    _must("amount", BigInteger),
    _must("currency"),
    _may("balance_after", BigInteger),
    _must("category"),
    _must("status", default="'posted'"),
    *_stamp(),
    Index("transactions_window_idx", "account_id", "posted_at"),
    Index(
        "transactions_correction_idx",
        "account_id",
        "provider_id",
        "version",
        postgresql_where=text("version > 1"),
    ),
    Index("transactions_xid_idx", "xid"),
)

ADVANCES = Table(
    "advances",
    METADATA,
    _key("advance_id", BigInteger, Identity(always=True)),
    _must("account_id", BigInteger, ForeignKey("blink.accounts.account_id")),
    _must("provider_id"),
    *_version(),
    _may("corrects", BigInteger, ForeignKey("blink.advances.advance_id")),
    _must("requested_at", _TIME),
    _must("due_at", _TIME),
    _may("extended_due_at", _TIME),
    _may("written_off_at", _TIME),
    _must("amount", BigInteger),
    _must("fee", BigInteger, default="0"),
    _must("currency"),
    *_stamp(),
    UniqueConstraint("account_id", "provider_id", "version", name="advances_version_key"),
    Index("advances_request_idx", "account_id", "requested_at"),
    Index("advances_xid_idx", "xid"),
)

REPAYMENTS = Table(
    "repayments",
    METADATA,
    _key("advance_id", BigInteger, ForeignKey("blink.advances.advance_id")),
    _key("provider_id"),
    Column("version", Integer, primary_key=True, server_default=text("1")),
    _must("voided", Boolean, default="false"),
    _must("paid_at", _TIME),
    _must("amount", BigInteger),
    _must("currency"),
    *_stamp(),
    Index("repayments_xid_idx", "xid"),
)

FX_RATES = Table(
    "fx_rates",
    METADATA,
    _key("base"),
    _key("quote"),
    _key("valid_at", _TIME),
    Column("version", Integer, primary_key=True, server_default=text("1")),
    _must("voided", Boolean, default="false"),
    _must("rate", Numeric),
    *_stamp(),
)

GROUND_TRUTH_LABELS = Table(
    "ground_truth_labels",
    METADATA,
    _key("portfolio"),
    _key("batch_id"),
    _key("subject_id"),
    _key("observed_at", _TIME),
    Column("version", Integer, primary_key=True, server_default=text("1")),
    _must("voided", Boolean, default="false"),
    _may("known_at", _TIME),
    _must("features", JSONB),
    _may("label", SmallInteger),
    *_stamp(),
)

PIPELINE_RUNS = Table(
    "pipeline_runs",
    METADATA,
    _key("run_id", Uuid),
    _must("kind"),
    _must("portfolio"),
    _may("batch_id"),
    _must("as_of", _TIME),
    _must("pg_snapshot", PgSnapshot),
    _must("shards", Integer, default="1"),
    _must("state"),
    _must("outcome", JSONB, default="'{}'"),
    _must("started_at", _TIME),
    _may("finished_at", _TIME),
    Index("pipeline_runs_started_idx", "portfolio", "kind", "started_at"),
)
Index(
    "pipeline_runs_running_key",
    PIPELINE_RUNS.c.kind,
    PIPELINE_RUNS.c.portfolio,
    text("coalesce(batch_id, '')"),
    unique=True,
    postgresql_where=text("state = 'running'"),
)

BLINK_MODELS = Table(
    "blink_models",
    METADATA,
    _must("id", BigInteger, Identity(always=True)),
    _key("model_id"),
    _must("portfolio"),
    _may("batch_id"),
    _must("algorithm"),
    _may("model_path"),
    _may("manifest_sha256", LargeBinary),
    _must("metrics", JSONB),
    _must("feature_importance", JSONB),
    _must("status"),
    _run(),
    _may("fitted_until", _TIME),
    _must("created_at", _TIME),
    UniqueConstraint("id", name="blink_models_id_key"),
    Index("blink_models_champion_key", "portfolio", unique=True, postgresql_where=text("status = 'champion'")),
)

AUDIT_BATCHES = Table(
    "audit_batches",
    METADATA,
    _key("writer"),
    _key("sequence", BigInteger),
    _must("count", Integer),
    _must("merkle_root", LargeBinary),
    _may("previous_root", LargeBinary),
    _must("committed_at", _TIME),
)

FEATURE_STORE_SNAPSHOTS = Table(
    "feature_store_snapshots",
    METADATA,
    _must("snapshot_id", Uuid),
    _must("as_of", _TIME),
    PrimaryKeyConstraint("as_of", "snapshot_id"),
    _must("portfolio"),
    _must("subject_id"),
    _must("source"),
    _must("origin"),
    _must("pg_snapshot", PgSnapshot),
    _run(),
    _must("features", JSONB),
    _must("null_reasons", JSONB, default="'{}'"),
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
    _must("audit_id", Uuid),
    _must("as_of", _TIME),
    PrimaryKeyConstraint("as_of", "audit_id"),
    _must("scored_at", _TIME),
    _must("portfolio"),
    _must("subject_id"),
    _must("origin"),
    _must("role"),
    _model(),
    _must("engine"),
    _must("engine_version"),
    _run(),
    _may("request_id"),
    _must("snapshot_id", Uuid),
    _must("missing", JSONB),
    _must("margin", Double),
    _must("default_probability", Double),
    _must("points", Integer),
    _must("base_value", Double),
    _must("contributions", JSONB),
    _must("scale"),
    _must("reasons", JSONB),
    _must("writer"),
    _must("batch_sequence", BigInteger),
    _must("batch_position", Integer),
    _must("sha256", LargeBinary),
    ForeignKeyConstraint(
        ["as_of", "snapshot_id"],
        ["blink.feature_store_snapshots.as_of", "blink.feature_store_snapshots.snapshot_id"],
    ),
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
    _key("client"),
    _key("idempotency_key"),
    _must("body_sha256", LargeBinary),
    _must("as_of", _TIME),
    _must("audit_ids", ARRAY(Uuid)),
    _must("answer"),
    _must("created_at", _TIME),
)

LATEST_SCORES = Table(
    "latest_scores",
    METADATA,
    _key("portfolio"),
    _key("subject_id"),
    _must("as_of", _TIME),
    _must("audit_id", Uuid),
    _model(),
    _must("default_probability", Double),
    _must("points", Integer),
)

SCORING_PROGRESS = Table(
    "scoring_progress",
    METADATA,
    _key("portfolio"),
    Column("shard", Integer, primary_key=True, server_default=text("0"), autoincrement=False),
    _model(),
    _run(required=True),
    _may("last_subject"),
    _may("pg_snapshot", PgSnapshot),
    _must("system_identifier", BigInteger),
    _must("updated_at", _TIME),
)

DRIFT_REPORTS = Table(
    "drift_reports",
    METADATA,
    _key("report_id", Uuid),
    _must("portfolio"),
    _model(),
    _run(),
    _must("window_start", _TIME),
    _must("window_end", _TIME),
    _must("findings", JSONB),
    _must("created_at", _TIME),
)

PROMOTION_EVENTS = Table(
    "promotion_events",
    METADATA,
    _key("event_id", BigInteger, Identity(always=True)),
    _must("portfolio"),
    _model(),
    _model("champion_id", required=False),
    _must("kind"),
    _must("decision"),
    _must("override", Boolean, default="false"),
    _must("actor"),
    _may("reason"),
    _must("figures", JSONB),
    _must("created_at", _TIME),
    Index("promotion_events_portfolio_idx", "portfolio", "created_at"),
)
