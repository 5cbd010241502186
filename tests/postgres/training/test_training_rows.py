"""Rows of training: scores of their time where they are stored, recomputed and proved equal elsewhere."""

from datetime import datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import Connection, insert, text

from credit.bundle.evaluation import Parity
from credit.database.schema import (
    AUDIT_BATCHES,
    FEATURE_STORE_SNAPSHOTS,
    RISK_SCORE_AUDITS,
)
from credit.features.query import Key, compute_features
from tests.postgres.training.population import CASH, first_request, gathered
from trainer.rows import Source, parity_of


def write_snapshot(connection: Connection, subject: str, as_of: datetime, *, source: str = "computed") -> dict:
    """A stored and audited score as the scoring job writes it; the features that it holds."""
    snapshot = connection.scalar(text("SELECT pg_current_snapshot()::text"))
    found = compute_features(connection, CASH, [Key(subject, as_of, snapshot)])
    features = {
        name: None if np.isnan(value) else float(value)
        for name, value in zip(CASH.feature_names, found.values[0], strict=True)
    }
    connection.execute(text("SELECT blink.ensure_partitions(:day, 1)"), {"day": as_of.date()})
    snapshot_id = uuid4()
    connection.execute(
        insert(FEATURE_STORE_SNAPSHOTS),
        {
            "snapshot_id": snapshot_id,
            "as_of": as_of,
            "portfolio": "cash_advance",
            "subject_id": subject,
            "source": source,
            "origin": "online",
            "pg_snapshot": snapshot,
            "features": features,
        },
    )
    connection.execute(
        insert(AUDIT_BATCHES),
        {"writer": str(snapshot_id), "sequence": 1, "count": 1, "merkle_root": bytes(32), "committed_at": as_of},
    )
    connection.execute(
        insert(RISK_SCORE_AUDITS),
        {
            "audit_id": uuid4(),
            "as_of": as_of,
            "scored_at": as_of,
            "portfolio": "cash_advance",
            "subject_id": subject,
            "origin": "online",
            "role": "champion",
            "model_id": "model_cash_advance_20230101_000000",
            "engine": "e",
            "engine_version": "1",
            "snapshot_id": snapshot_id,
            "missing": [],
            "margin": 0.0,
            "default_probability": 0.5,
            "points": 500,
            "base_value": 0.0,
            "contributions": {},
            "scale": "log_odds_default",
            "reasons": [],
            "writer": str(snapshot_id),
            "batch_sequence": 1,
            "batch_position": 0,
            "sha256": bytes(32),
        },
    )
    return features


@pytest.mark.parametrize(
    ("age", "used"),
    [
        ((2, "computed"), True),
        ((24, "computed"), True),
        ((25, "computed"), False),
        ((-1, "computed"), False),
        ((2, "supplied"), False),
    ],
)
def test_a_row_takes_the_features_of_an_own_score_of_its_time(populate, register_model, database, age, used):
    populate(12)
    register_model()
    engine = database.engine("blink_trainer")
    (hours, source), (subject, requested) = age, first_request(engine)
    with database.engine("blink_scorer").begin() as connection:
        features = write_snapshot(connection, subject, requested - timedelta(hours=hours), source=source)
    rows, recomputed = gathered(engine), gathered(engine, Source.RECOMPUTED)
    expected = [np.nan if value is None else value for value in features.values()]
    assert rows.stored.tolist() == [used] + [False] * 35
    assert np.array_equal(rows.values[0], expected if used else recomputed.values[0], equal_nan=True)
    assert np.array_equal(rows.values[1:], recomputed.values[1:], equal_nan=True)
    assert parity_of(rows) == Parity(int(used), int(used))
    assert parity_of(recomputed) == Parity(0, 0)


def test_a_stored_row_is_reproduced_though_a_correction_came_later(engine, populate, register_model, database):
    populate(12)
    register_model()
    subject, requested = first_request(engine)
    with database.engine("blink_scorer").begin() as connection:
        write_snapshot(connection, subject, requested - timedelta(hours=1))
    with database.engine("blink_loader").begin() as connection:
        connection.execute(
            text(
                "INSERT INTO blink.transactions (account_id, provider_id, version, voided, posted_at, amount, currency,"
                " balance_after, category, ingested_at, backfilled) SELECT account_id, provider_id, 2, true, posted_at,"
                " amount, currency, balance_after, category, ingested_at, true FROM blink.transactions"
                " WHERE account_id IN (SELECT account_id FROM blink.accounts WHERE subject_id = :subject)"
            ),
            {"subject": subject},
        )
    rows, recomputed = gathered(engine), gathered(engine, Source.RECOMPUTED)
    assert parity_of(rows) == Parity(1, 1)
    assert not np.array_equal(rows.values[0], recomputed.values[0], equal_nan=True)
