"""Training end to end on a real server, from facts written as a lender would write them."""

from dataclasses import replace
from datetime import UTC, timedelta

import numpy as np
import pytest
from sqlalchemy import insert, select, text

from credit.bundle.reader import load_bundle
from credit.database import models
from credit.database.models import ModelStatus
from credit.database.schema import (
    ADVANCES,
    PROMOTION_EVENTS,
)
from credit.features.query import Key, compute_features
from credit.portfolios import Gate, Split, SplitKind
from credit.promotion import Answer
from tests.postgres.training.population import CASH, DAY, NOW, SMALL, START, order, runs
from trainer.deployment import Deployment
from trainer.errors import InsufficientRowsError, TrainingError
from trainer.fitting import Calibrated
from trainer.pipeline import train
from trainer.report import to_json, to_text
from trainer.rows import Source, gather_rows


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
    outcome = {"model_id": report.model_id, "decision": None, "reason": None, "source": "audits"}
    assert runs(engine) == [("succeeded", outcome)]


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
    for word in ("INDICATIVE", "Calibration slope", "unlabelled as good", "increases repayment probability"):
        assert word in shown


def test_the_same_facts_and_seed_give_the_same_model(engine, populate, tmp_path):
    populate(110)
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
    populate(110)
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
    assert report.calibrated_on is Calibrated.OUT_OF_FOLD
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
    populate(110)
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


def test_a_regression_meets_a_champion_whose_margins_are_probabilities(engine, populate, tmp_path):
    populate(110)
    first = order(tmp_path, replace(SMALL, algorithm="random_forest"), deployment=Deployment())
    champion = train(engine, first, now=NOW)
    other = replace(SMALL, algorithm="logistic_regression")
    report = train(engine, replace(first, portfolio=other), now=NOW + timedelta(days=60))
    bundle = load_bundle(tmp_path / "models" / report.model_id)
    with engine.connect() as connection:
        registered = models.get(connection, report.model_id)
    assert (bundle.manifest.algorithm, registered.algorithm) == ("logistic_regression", "logistic_regression")
    assert {row["figure"] for row in registered.feature_importance} == {"coefficient"}
    assert bundle.calibration == report.calibration
    assert [to_json(one)["calibration"]["scale"] for one in (champion, report)] == ["probability", "log_odds_default"]
    assert "PD = " in to_text(champion)
    assert "logit(PD) is the margin, which is calibrated as it is" in to_text(report)
    assert report.answered is not None
    assert report.answered.wish.champion == champion.model_id
    assert report.answered.wish.evidence is not None, report.answered.wish.no_evidence_because
