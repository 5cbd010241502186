"""Trade credit from a lender's file to an audited answer: loaded, trained, deployed, served, replayed."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import select

from credit.bundle.reader import load_bundle
from credit.database.schema import FEATURE_STORE_SNAPSHOTS, RISK_SCORE_AUDITS
from credit.intake.table_load import load_table_file
from credit.portfolios import FeatureKind
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


KYC = replace(TRADE.features[0], kind=FeatureKind.CATEGORICAL, direction=0, categories=("no", "yes"))
WITH_TEXTS = replace(TRADE, algorithm="lightgbm", features=(KYC, *TRADE.features[1:]))


@pytest.fixture
def with_texts(database, tmp_path):
    """A model of a table with a category, and a server that knows a longer list of its texts, in another order."""
    values, y = draw(400)
    lines = write(tmp_path / "labels.csv", values, y).read_text().splitlines()
    texts = {"": "maybe", "0.0": "no", "1.0": "yes"}
    rows = [line.split(",", 2) for line in lines[1:]]
    rows = [f"{label},{texts[kyc]},{others}" for label, kyc, others in rows]
    (tmp_path / "labels.csv").write_text("\n".join([lines[0], *rows]) + "\n")
    loader = database.engine("blink_loader")
    load_table_file(loader, WITH_TEXTS, tmp_path / "labels.csv", batch_id="BATCH_001", now=datetime.now(UTC))
    order = TrainingOrder(WITH_TEXTS, tmp_path / "models", batch_id="BATCH_001", deployment=Deployment())
    report = train(database.engine("blink_trainer"), order, now=datetime.now(UTC))
    longer = replace(KYC, categories=("maybe", "yes", "no"))
    portfolio = replace(WITH_TEXTS, features=(longer, *TRADE.features[1:]))
    with champion_server(database.engine("blink_scorer"), portfolio, tmp_path / "models") as server:
        yield server, load_bundle(tmp_path / "models" / report.model_id), values


def test_categories_are_given_as_texts_and_read_by_the_models_own_list(database, with_texts):
    server, bundle, values = with_texts
    row = np.nan_to_num(values[0])

    def expected(code):
        return score_rows(bundle, np.array([[code, *row[1:]]])).default_probabilities[0]

    def scored(kyc):
        body = {"user_id": "new", "features": {**dict(zip(NAMES, row.tolist(), strict=True)), "kyc_verified": kyc}}
        return json.loads(server.post("/score", json.dumps(body))[2])

    assert [scored(kyc)["default_probability"] for kyc in ("yes", 1, "no", "maybe")] == [
        expected(code) for code in (1.0, 1.0, 0.0, np.nan)
    ]
    assert scored("maybe")["missing_features"] == ["kyc_verified"]
    assert scored(2)["error"] == (
        "row 0, feature kyc_verified: 2.0 is no code of a category; the model has 0 (no) to 1 (yes); null stands for "
        "any other"
    )

    inputs = [{"name": name, "shape": [1], "datatype": "FP64", "data": [row[at]]} for at, name in enumerate(NAMES)]
    inputs[0] = {"name": "kyc_verified", "shape": [1], "datatype": "BYTES", "data": ["yes"]}
    asked = json.dumps({"inputs": inputs, "parameters": {"subject_id": "new"}})
    answered = json.loads(server.post("/v2/models/trade_credit/infer", asked)[2])
    assert answered["outputs"][0]["data"] == [expected(1.0)]

    said = json.loads(server.get("/v2/models/trade_credit")[2])
    assert said["inputs"][:2] == [
        {"name": "kyc_verified", "datatype": "BYTES", "shape": [-1]},
        {"name": "company_age_years", "datatype": "FP64", "shape": [-1]},
    ]
    assert said["parameters"]["categories"] == {"kyc_verified": ["no", "yes"]}

    unknown, known = int(np.flatnonzero(np.isnan(values[:, 0]))[0]), int(np.flatnonzero(values[:, 0] == 1)[0])
    for at in (unknown, known):
        answer = json.loads(server.post("/score", json.dumps({"user_id": str(at + 1)}))[2])
        assert answer["default_probability"] == score_rows(bundle, values[at : at + 1]).default_probabilities[0]
    with database.engine("blink_reader").connect() as connection:
        query = select(FEATURE_STORE_SNAPSHOTS).where(FEATURE_STORE_SNAPSHOTS.c.subject_id == str(unknown + 1))
        reasons = connection.execute(query).one().null_reasons
    assert reasons["kyc_verified"] == "not in the lender's table, or none of the model's categories"
