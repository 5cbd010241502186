"""The facts that a lender writes: append-only, versioned, stamped with when we knew them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from credit.database.columns import METADATA, TIME, key, may, must, stamp, version

ACCOUNTS = Table(
    "accounts",
    METADATA,
    key("account_id", BigInteger, Identity(always=True)),
    must("portfolio"),
    must("provider_id"),
    *version(),
    may("corrects", BigInteger, ForeignKey("blink.accounts.account_id")),
    must("subject_id"),
    must("currency"),
    must("timezone"),
    must("opened_at", TIME),
    *stamp(),
    UniqueConstraint("portfolio", "provider_id", "version", name="accounts_version_key"),
    Index("accounts_subject_idx", "portfolio", "subject_id"),
    Index("accounts_xid_idx", "xid"),
)

TRANSACTIONS = Table(
    "transactions",
    METADATA,
    key("account_id", BigInteger, ForeignKey("blink.accounts.account_id")),
    key("provider_id"),
    Column("version", Integer, primary_key=True, server_default=text("1")),
    must("voided", Boolean, default="false"),
    must("posted_at", TIME),
    must("amount", BigInteger),
    must("currency"),
    may("balance_after", BigInteger),
    must("category"),
    must("status", default="'posted'"),
    *stamp(),
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
    key("advance_id", BigInteger, Identity(always=True)),
    must("account_id", BigInteger, ForeignKey("blink.accounts.account_id")),
    must("provider_id"),
    *version(),
    may("corrects", BigInteger, ForeignKey("blink.advances.advance_id")),
    must("requested_at", TIME),
    must("due_at", TIME),
    may("extended_due_at", TIME),
    may("written_off_at", TIME),
    must("amount", BigInteger),
    must("fee", BigInteger, default="0"),
    must("currency"),
    *stamp(),
    UniqueConstraint("account_id", "provider_id", "version", name="advances_version_key"),
    Index("advances_request_idx", "account_id", "requested_at"),
    Index("advances_xid_idx", "xid"),
)

REPAYMENTS = Table(
    "repayments",
    METADATA,
    key("advance_id", BigInteger, ForeignKey("blink.advances.advance_id")),
    key("provider_id"),
    Column("version", Integer, primary_key=True, server_default=text("1")),
    must("voided", Boolean, default="false"),
    must("paid_at", TIME),
    must("amount", BigInteger),
    must("currency"),
    *stamp(),
    Index("repayments_xid_idx", "xid"),
)

FX_RATES = Table(
    "fx_rates",
    METADATA,
    key("base"),
    key("quote"),
    key("valid_at", TIME),
    Column("version", Integer, primary_key=True, server_default=text("1")),
    must("voided", Boolean, default="false"),
    must("rate", Numeric),
    *stamp(),
)

GROUND_TRUTH_LABELS = Table(
    "ground_truth_labels",
    METADATA,
    key("portfolio"),
    key("batch_id"),
    key("subject_id"),
    key("observed_at", TIME),
    Column("version", Integer, primary_key=True, server_default=text("1")),
    must("voided", Boolean, default="false"),
    may("known_at", TIME),
    must("features", JSONB),
    may("label", SmallInteger),
    *stamp(),
    may("protected", JSONB),
    Index("ground_truth_labels_subject_idx", "portfolio", "subject_id", "observed_at"),
    Index("ground_truth_labels_xid_idx", "xid"),
)
