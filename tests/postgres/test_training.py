"""Training end to end on a real server, from facts written as a lender would write them."""

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, insert, select, text

from credit.bundle.reader import load_bundle
from credit.database import models
from credit.database.models import ModelStatus
from credit.database.schema import (
    ACCOUNTS,
    ADVANCES,
    AUDIT_BATCHES,
    BLINK_MODELS,
    FEATURE_STORE_SNAPSHOTS,
    PIPELINE_RUNS,
    PROMOTION_EVENTS,
    REPAYMENTS,
    RISK_SCORE_AUDITS,
    TRANSACTIONS,
)
from credit.features.query import Key, compute_features
from credit.portfolio_file import load_portfolio
from credit.portfolios import Gate, Portfolio, Split, SplitKind
from credit.promotion import Answer
from trainer.deployment import Deployment
from trainer.errors import InsufficientRowsError, TrainingError
from trainer.pipeline import TrainingOrder, train
from trainer.report import to_json, to_text
from trainer.rows import Parity, Rows, Source, gather_rows, parity_of

START = datetime(2023, 1, 1, tzinfo=UTC)
NOW = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CASH = load_portfolio("cash_advance")
SMALL = replace(CASH, gate=replace(CASH.gate, min_rows=60, min_bads=8))


def write_population(connection: Connection, users: int, seed: int) -> None:
    """Users with pay and spending each week; who is often overdrawn repays less often."""
    rng = np.random.default_rng(seed)
    known = {"currency": "USD", "backfilled": True}
    accounts = connection.execute(
        insert(ACCOUNTS).returning(ACCOUNTS.c.account_id, sort_by_parameter_order=True),
        [
            {
                **known,
                "portfolio": "cash_advance",
                "provider_id": f"a{user}",
                "subject_id": f"u{user}",
                "timezone": "UTC",
                "opened_at": START - 90 * DAY,
                "ingested_at": START - 90 * DAY,
            }
            for user in range(users)
        ],
    ).scalars().all()  # fmt: skip
    stress = rng.random(users)
    transactions, advances, bads = [], [], []
    for user, account in enumerate(accounts):
        for week in range(-8, 46):
            at = START + week * 7 * DAY + timedelta(minutes=user)
            balance = int(rng.normal(400_00 - 600_00 * stress[user], 100_00))
            category, amount = ("salary", 500_00) if week % 2 else ("rent", -450_00)
            transactions.append(
                {
                    **known,
                    "account_id": account,
                    "provider_id": f"t{week}",
                    "posted_at": at,
                    "ingested_at": at + timedelta(hours=1),
                    "amount": amount,
                    "balance_after": balance,
                    "category": category,
                }
            )
        for number in range(3):
            at = START + float(rng.uniform(0, 330)) * DAY
            advances.append(
                {
                    **known,
                    "account_id": account,
                    "provider_id": f"v{number}",
                    "requested_at": at,
                    "due_at": at + 14 * DAY,
                    "amount": 100_00,
                    "ingested_at": at,
                }
            )
            bads.append(bool(rng.random() < 0.6 * stress[user] ** 2))
    connection.execute(insert(TRANSACTIONS), transactions)
    ids = connection.execute(
        insert(ADVANCES).returning(ADVANCES.c.advance_id, sort_by_parameter_order=True), advances
    ).scalars()
    repayments = [
        {
            **known,
            "advance_id": advance_id,
            "provider_id": "r",
            "paid_at": advance["due_at"],
            "amount": 100_00,
            "ingested_at": min(advance["due_at"] + DAY, NOW),
        }
        for advance_id, advance, bad in zip(ids, advances, bads, strict=True)
        if not bad and advance["due_at"] < NOW
    ]
    connection.execute(insert(REPAYMENTS), repayments)


@pytest.fixture
def engine(database) -> Engine:
    return database.engine("blink_trainer")


@pytest.fixture
def populate(database) -> Callable[[int], None]:
    def populate(users: int) -> None:
        with database.engine("blink_loader").begin() as connection:
            write_population(connection, users, seed=1)

    return populate


def order(tmp_path: Path, portfolio: Portfolio = SMALL, **options: object) -> TrainingOrder:
    return TrainingOrder(portfolio, tmp_path / "models", threads=1, **options)


def runs(engine: Engine) -> list[tuple[str, dict]]:
    with engine.connect() as connection:
        found = select(PIPELINE_RUNS.c.state, PIPELINE_RUNS.c.outcome).order_by(PIPELINE_RUNS.c.started_at)
        return [tuple(row) for row in connection.execute(found)]


def test_a_trained_model_has_a_bundle_that_loads_and_a_row_that_says_the_same(engine, populate, tmp_path):
    populate(110)
    report = train(engine, order(tmp_path), now=NOW)
    with engine.connect() as connection:
        registered = models.get(connection, report.model_id)
    bundle = load_bundle(tmp_path / "models" / str(registered.model_path))
    assert report.model_id == "model_cash_advance_20240101_000000"
    assert registered.manifest_sha256 == bytes.fromhex(bundle.manifest_sha256)
    assert registered.status is ModelStatus.TRAINED
    assert registered.metrics == bundle.manifest.metrics == to_json(report)["metrics"]
    assert [row["metric"] for row in registered.feature_importance] == [
        one.metric for one in report.judgement.importance
    ]
    assert {"subject_id", "requested_at", "label"} < set(bundle.reference().column_names)
    assert runs(engine) == [("succeeded", {"model_id": report.model_id, "decision": None})]


def test_the_report_states_rows_bads_vintages_and_that_it_is_indicative(engine, populate, tmp_path):
    populate(110)
    report = train(engine, order(tmp_path), now=NOW)
    assert sum(one.used for one in report.vintages) == sum(one.rows for one in report.slices)
    assert sum(one.bads for one in report.vintages) == sum(one.bads for one in report.slices)
    assert report.vintages[-1].censored > 0
    assert report.judgement.sensitivity is not None
    assert report.judgement.indicative
    assert report.judgement.evaluation.roc_auc.lower > 0.5
    shown = to_text(report)
    for word in ("INDICATIVE", "calibration slope", "censored as good", "increases repayment probability"):
        assert word in shown


def test_the_same_facts_and_seed_give_the_same_model(engine, populate, tmp_path):
    populate(120)
    reports = [train(engine, order(tmp_path), now=NOW + hours * timedelta(hours=1)) for hours in range(2)]
    texts = [(tmp_path / "models" / report.model_id / "model.txt").read_text() for report in reports]
    assert texts[0] == texts[1]
    assert reports[0].judgement == reports[1].judgement


def test_too_few_rows_are_refused_with_their_counts(engine, populate, tmp_path):
    populate(20)
    with pytest.raises(InsufficientRowsError, match=r"too few rows: \d+ labelled rows with history, \d+ bad"):
        train(engine, order(tmp_path, CASH), now=NOW)
    ((state, outcome),) = runs(engine)
    assert state == "refused"
    assert "needed are 200 rows" in outcome["error"]
    assert not list((tmp_path / "models").glob("model_*"))


def test_one_class_is_refused(engine, populate, tmp_path):
    populate(40)
    never_late = replace(SMALL, label=replace(SMALL.label, material_amount=1e9))
    with pytest.raises(InsufficientRowsError, match="only one class"):
        train(engine, order(tmp_path, never_late), now=NOW)


def test_an_empty_database_is_refused(engine, tmp_path):
    with pytest.raises(InsufficientRowsError, match="0 labelled rows"):
        train(engine, order(tmp_path), now=NOW)


def test_labels_are_as_of_the_time_that_was_asked_for(engine, populate, tmp_path):
    populate(110)
    early = START + 240 * DAY
    report = train(engine, order(tmp_path, as_of=early), now=NOW)
    assert report.as_of == early
    assert max(one.last for one in report.slices if one.last) < (early - 49 * DAY).date().isoformat()


def test_labels_of_the_future_are_refused(engine, tmp_path):
    with pytest.raises(TrainingError, match="2024-01-02 00:00 UTC lie in the future"):
        train(engine, order(tmp_path, as_of=NOW + DAY), now=NOW)
    assert runs(engine) == []


def test_the_first_model_is_champion_and_a_refused_challenger_leaves_it(engine, populate, tmp_path):
    populate(110)
    first = train(engine, order(tmp_path, deployment=Deployment()), now=NOW)
    strict = replace(SMALL, gate=replace(SMALL.gate, auc_margin=0.5))
    second = train(engine, order(tmp_path, strict, deployment=Deployment()), now=NOW + timedelta(hours=1))
    assert first.answered is not None
    assert second.answered is not None
    assert first.answered.decision.answer is Answer.CHAMPION
    assert second.answered.decision.answer is Answer.REFUSED
    assert second.answered.wish.evidence is not None
    with engine.connect() as connection:
        statuses = {model.model_id: model.status for model in models.list_models(connection)}
        figures = connection.execute(
            select(PROMOTION_EVENTS.c.figures).where(PROMOTION_EVENTS.c.model_id == second.model_id)
        ).scalar_one()
    assert statuses == {first.model_id: ModelStatus.CHAMPION, second.model_id: ModelStatus.REJECTED}
    assert figures["auc_margin"] == 0.5
    # The same facts and seed gave the same model: it differs from the champion by nothing.
    assert figures["evidence"]["auc"] == {"estimate": 0.0, "lower": 0.0, "upper": 0.0}


def test_an_equal_challenger_passes_the_gate_and_retires_the_champion(engine, populate, tmp_path):
    populate(110)
    first = train(engine, order(tmp_path, deployment=Deployment()), now=NOW)
    second = train(engine, order(tmp_path, deployment=Deployment()), now=NOW + timedelta(hours=1))
    with engine.connect() as connection:
        statuses = {model.model_id: model.status for model in models.list_models(connection)}
    assert statuses == {first.model_id: ModelStatus.RETIRED, second.model_id: ModelStatus.CHAMPION}


def test_a_forced_challenger_is_champion_and_an_override(engine, populate, tmp_path):
    populate(110)
    train(engine, order(tmp_path, deployment=Deployment()), now=NOW)
    forced = Deployment(force_reason="the old one reads a broken feed", actor="anna")
    report = train(engine, order(tmp_path, deployment=forced), now=NOW + timedelta(hours=1))
    with engine.connect() as connection:
        event = connection.execute(select(PROMOTION_EVENTS).where(PROMOTION_EVENTS.c.model_id == report.model_id)).one()
    assert (event.decision, event.override, event.actor) == ("champion", True, "anna")
    assert "broken feed" in event.reason


def test_a_champion_whose_bundle_is_gone_gives_no_evidence(engine, populate, tmp_path):
    populate(110)
    first = train(engine, order(tmp_path, deployment=Deployment()), now=NOW)
    (tmp_path / "models" / first.model_id / "forest.bin").unlink()
    report = train(engine, order(tmp_path, deployment=Deployment()), now=NOW + timedelta(hours=1))
    assert report.answered is not None
    assert report.answered.decision.answer is Answer.REFUSED
    assert "forest.bin" in report.answered.decision.reason


def test_a_bundle_left_by_a_killed_run_is_left_alone_and_its_id_not_reused(engine, populate, tmp_path):
    populate(120)
    orphan = tmp_path / "models" / "model_cash_advance_20240101_000000"
    orphan.mkdir(parents=True)
    report = train(engine, order(tmp_path), now=NOW)
    assert report.model_id == "model_cash_advance_20240101_000001"
    assert list(orphan.iterdir()) == []


def test_cross_validation_judges_every_row_out_of_fold(engine, populate, tmp_path):
    populate(40)
    folded = replace(
        SMALL,
        split=Split(SplitKind.CROSS_VALIDATION, folds=4, repeats=2),
        gate=Gate(min_rows=50, min_bads=5),
    )
    report = train(engine, order(tmp_path, folded, deployment=Deployment()), now=NOW)
    (counted,) = report.slices
    assert counted.name == "cross-validation"
    assert report.judgement.evaluation.rows == counted.rows == sum(one.used for one in report.vintages)
    assert report.judgement.indicative
    assert report.cross_fitted
    assert report.answered is not None
    assert report.answered.decision.answer is Answer.CHAMPION
    assert load_bundle(tmp_path / "models" / report.model_id).manifest.metrics["rows"] == counted.rows


def test_rows_are_what_was_known_at_each_request(engine, populate):
    populate(12)
    with engine.connect() as connection:
        rows = gather_rows(connection, CASH, as_of=NOW, source=Source.AUDITS, progress=lambda *_: None)
        moments = [at.item().replace(tzinfo=UTC) for at in rows.requested_at]
        keys = [Key(str(subject), at) for subject, at in zip(rows.subject_id, moments, strict=True)]
        expected = compute_features(connection, CASH, keys).values
    assert len(rows) == 36
    assert np.array_equal(rows.values, expected, equal_nan=True)
    assert not rows.stored.any()


def test_a_request_without_history_is_left_out_and_counted(engine, populate, database, tmp_path):
    populate(120)
    with database.engine("blink_loader").begin() as connection:
        account = connection.execute(
            text(
                "INSERT INTO blink.accounts (portfolio, provider_id, subject_id, currency, timezone, opened_at,"
                " ingested_at, backfilled) VALUES ('cash_advance', 'new', 'new', 'USD', 'UTC', :at, :at, true)"
                " RETURNING account_id"
            ),
            {"at": START},
        ).scalar_one()
        connection.execute(
            insert(ADVANCES),
            {
                "account_id": account,
                "provider_id": "v",
                "requested_at": START + DAY,
                "due_at": START + 9 * DAY,
                "amount": 1,
                "currency": "USD",
                "ingested_at": START + DAY,
                "backfilled": True,
            },
        )
    report = train(engine, order(tmp_path), now=NOW)
    assert sum(one.without_history for one in report.vintages) == 1


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


@pytest.fixture
def registered(engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(BLINK_MODELS),
            {
                "model_id": "model_cash_advance_20230101_000000",
                "portfolio": "cash_advance",
                "algorithm": "lightgbm",
                "model_path": "m",
                "manifest_sha256": bytes(32),
                "metrics": {},
                "feature_importance": [],
                "status": "trained",
                "created_at": NOW,
            },
        )


def first_request(engine: Engine) -> tuple[str, datetime]:
    """A user and the time of the user's first request that has a history."""
    with engine.connect() as connection:
        rows = gather_rows(connection, CASH, as_of=NOW, source=Source.RECOMPUTED, progress=lambda *_: None)
    return str(rows.subject_id[0]), rows.requested_at[0].item().replace(tzinfo=UTC)


def gathered(engine: Engine, source: Source = Source.AUDITS) -> Rows:
    with engine.connect() as connection:
        return gather_rows(connection, CASH, as_of=NOW, source=source, progress=lambda *_: None)


@pytest.mark.usefixtures("registered")
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
def test_a_row_takes_the_features_of_an_own_score_of_its_time(engine, populate, database, age, used):
    populate(12)
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


@pytest.mark.usefixtures("registered")
def test_a_stored_row_is_reproduced_though_a_correction_came_later(engine, populate, database):
    populate(12)
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


KILL_AT = """
import os, signal, sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from credit.database.connection import connect
from credit.portfolio_file import load_portfolio
from trainer.pipeline import TrainingOrder, train

url, models, moment = sys.argv[1:]
cash = load_portfolio("cash_advance")
small = replace(cash, gate=replace(cash.gate, min_rows=60, min_bads=8))

def die(what, done, total):
    if what == moment:
        os.kill(os.getpid(), signal.SIGKILL)

order = TrainingOrder(small, Path(models))
train(connect(url, role="blink_trainer"), order, now=datetime(2024, 1, 1, tzinfo=UTC), progress=die)
"""


@pytest.mark.parametrize("moment", ["features as of advance requests", "model fitted", "bundle published"])
def test_the_run_after_a_killed_one_goes_on(engine, populate, database, tmp_path, moment):
    populate(110)
    killed = subprocess.run(
        [sys.executable, "-c", KILL_AT, database.url, str(tmp_path / "models"), moment], check=False, timeout=120
    )
    assert killed.returncode == -signal.SIGKILL
    assert [state for state, _ in runs(engine)] == ["running"]
    left = {path.name for path in (tmp_path / "models").glob("model_*")}
    report = train(engine, order(tmp_path, deployment=Deployment()), now=NOW + timedelta(seconds=1))
    assert report.model_id not in left
    assert [state for state, _ in runs(engine)] == ["failed", "succeeded"]
    with engine.connect() as connection:
        assert [model.model_id for model in models.list_models(connection)] == [report.model_id]
    load_bundle(tmp_path / "models" / report.model_id)
