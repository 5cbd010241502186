"""Trade credit from a lender's file to an audited answer: loaded, trained, deployed, served, replayed."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import select

from credit.bundle.reader import load_bundle
from credit.database.schema import FEATURE_STORE_SNAPSHOTS, RISK_SCORE_AUDITS
from credit.intake.table_load import load_table_file
from credit.scores import score_rows
from tests.postgres.serving.served import champion_server
from tests.postgres.training.trade import NAMES, TRADE, draw, write
from trainer.deployment import Deployment
from trainer.pipeline import TrainingOrder, train


@pytest.fixture
def deployed(database, tmp_path):
    """The rows that were loaded, and the model that was trained on them and deployed."""
    values, y = draw(400)
    path = write(tmp_path / "labels.csv", values, y)
    loader = database.engine("blink_loader")
    load_table_file(loader, TRADE, path, batch_id="BATCH_001", now=datetime.now(UTC))
    order = TrainingOrder(TRADE, tmp_path / "models", batch_id="BATCH_001", deployment=Deployment())
    report = train(database.engine("blink_trainer"), order, now=datetime.now(UTC))
    return values, load_bundle(tmp_path / "models" / report.model_id)


@pytest.fixture
def running(database, deployed, tmp_path):
    with champion_server(database.engine("blink_scorer"), TRADE, tmp_path / "models") as server:
        yield server


def test_a_counterparty_is_scored_from_its_latest_row_explained_audited_and_replayed(database, deployed, running):
    values, bundle = deployed
    expected = score_rows(bundle, values[6:7])

    content = [None if np.isnan(value) else value for value in values[6].tolist()]
    inputs = [{"name": "rows", "shape": [1, 16], "datatype": "FP64", "data": content}]
    status, _, answer = running.post("/v2/models/trade_credit/infer", json.dumps({"inputs": inputs}))
    (output,) = [one for one in json.loads(answer)["outputs"] if one["name"] == "default_probability"]
    assert (status, output["data"]) == (200, expected.default_probabilities.tolist())

    status, _, answer = running.post("/v1/models/trade_credit:explain", json.dumps({"instances": [content]}))
    (explained,) = json.loads(answer)["explanations"]
    assert (status, list(explained["contributions"].values())) == (200, expected.contributions[0].tolist())

    status, _, answer = running.post("/score", json.dumps({"user_id": "7"}))
    said = json.loads(answer)
    assert (status, said["default_probability"], said["features_source"]) == (
        200,
        expected.default_probabilities[0],
        "computed",
    )
    assert said["missing_features"] == [name for name, value in zip(NAMES, content, strict=True) if value is None]
    own = TRADE.own_sentences
    assert [reason["sentence"] for reason in said["explanation"]["reasons"]] == [
        own[reason["code"]] for reason in said["explanation"]["reasons"]
    ]

    with database.engine("blink_reader").connect() as connection:
        audit = connection.execute(select(RISK_SCORE_AUDITS)).one()
        snapshot = connection.execute(select(FEATURE_STORE_SNAPSHOTS)).one()
    assert (str(audit.audit_id), audit.subject_id, snapshot.source) == (said["audit_id"], "7", "computed")
    assert set(snapshot.null_reasons.values()) <= {"not in the lender's table"}
    stored = np.array([[np.nan if snapshot.features[name] is None else snapshot.features[name] for name in NAMES]])
    again = score_rows(bundle, stored)
    assert (audit.margin, audit.contributions) == (
        again.margins[0],
        dict(zip(NAMES, again.contributions[0].tolist(), strict=True)),
    )


def test_a_subject_without_a_row_is_unknown(running):
    status, _, answer = running.post("/score", json.dumps({"user_id": "nobody"}))
    assert (status, json.loads(answer)["error"]) == (
        404,
        "user_id: nobody has no row in the lender's table; load one, or give the features",
    )
