"""DeFi lending by its commands, from simulated loans to an audited answer: trained, deployed, exported, served."""

import csv
import json

import numpy as np
import pytest
import xgboost
from sqlalchemy import select

from blink.cli.main import run
from credit.bundle.reader import load_bundle
from credit.database.schema import FEATURE_STORE_SNAPSHOTS, RISK_SCORE_AUDITS
from credit.portfolio_file import load_portfolio
from credit.scores import score_rows
from tests.postgres.serving.served import champion_server

DEFI = load_portfolio("defi_lending")
NAMES = DEFI.feature_names
LOANS = 5000
"""So many that the validation part has the bads that a calibration needs."""
WANTED = ("default_probability", "margin", "base_value", "shap_values")


@pytest.fixture
def blink(database, tmp_path, monkeypatch, capsys):
    """Runs a command that has to succeed, and gives its facts."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("MODEL_DIR", str(tmp_path / "models"))

    def call(*arguments):
        assert run([*arguments, "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return call


@pytest.fixture
def trained(blink):
    """Facts of the training on simulated loans that were loaded, after the load's."""
    loaded = blink("data", "generate", "defi_lending", "--rows", str(LOANS), "--seed", "7", "--batch-id", "B-1")
    return loaded, blink("train", "defi_lending", "--batch-id", "B-1", "--deploy")


@pytest.fixture
def world(trained, tmp_path):
    """What was loaded, and the model that was trained on it."""
    loaded, report = trained
    return loaded, load_bundle(tmp_path / "models" / report["model_id"])


@pytest.fixture
def running(database, world, tmp_path):
    with champion_server(database.engine("blink_scorer"), DEFI, tmp_path / "models") as server:
        yield server


def dataset_of(folder):
    """Subjects, labels and features of a dataset, in its order."""
    with (folder / "dataset.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    values = np.array([[float(row[name]) for name in NAMES] for row in rows])
    return [row["subject_id"] for row in rows], [int(row["label"]) for row in rows], values


def exported(blink, bundle, defaults, folder):
    """Subjects and rows of LYNQ's artifacts, which hold every loan and a model whose margins are ours."""
    facts = blink("model", "export", "champion:defi_lending", "--to", "lynq", "--out", str(folder))
    assert facts["dataset"] == {"source": "database", "rows": LOANS, "bads": defaults}
    subjects, labels, values = dataset_of(folder)
    assert (len(set(subjects)), sum(labels)) == (LOANS, defaults)
    booster = xgboost.Booster(model_file=folder / "model.json")
    margins = booster.predict(xgboost.DMatrix(values, feature_names=list(NAMES)), output_margin=True)
    assert np.abs(margins - bundle.engine.margins(values)).max() <= 1e-5
    return subjects, values


def inferred(running, values):
    """The V2 answer's outputs to two rows, which add up."""
    inputs = [{"name": "rows", "shape": [2, 12], "datatype": "FP64", "data": values.ravel().tolist()}]
    asked = {"inputs": inputs, "outputs": [{"name": name} for name in WANTED]}
    status, _, answer = running.post("/v2/models/defi_lending/infer", json.dumps(asked))
    assert status == 200
    outputs = {one["name"]: np.array(one["data"]) for one in json.loads(answer)["outputs"]}
    given = outputs["default_probability"]
    sums = outputs["shap_values"].reshape(2, 12).sum(axis=1) + outputs["base_value"]
    assert np.abs(sums - np.log(given / (1 - given))).max() <= 1e-9
    return outputs


def replayed(database, bundle, said):
    """Do nothing where the audit of an answer is what its stored features give again."""
    with database.engine("blink_reader").connect() as connection:
        audit = connection.execute(select(RISK_SCORE_AUDITS)).one()
        snapshot = connection.execute(select(FEATURE_STORE_SNAPSHOTS)).one()
    assert (str(audit.audit_id), audit.model_id) == (said["audit_id"], bundle.model_id)
    again = score_rows(bundle, np.array([[snapshot.features[name] for name in NAMES]]))
    contributions = dict(zip(NAMES, again.contributions[0].tolist(), strict=True))
    assert (audit.margin, audit.contributions) == (again.margins[0], contributions)


def test_loans_are_loaded_and_divided_as_required(trained):
    loaded, report = trained
    assert (loaded["loans"], loaded["loaded"], report["decision"], report["rounds"]) == (LOANS, LOANS, "champion", 200)
    rows = {one["name"]: one["rows"] for one in report["slices"] if one["rows"]}
    assert rows == {"training": 3500, "calibration": 750, "test": 750}
    metrics = report["metrics"]
    default = metrics["classification_report"]["default"]
    assert (metrics["precision"], metrics["recall"], metrics["f1"]) == (
        default["precision"],
        default["recall"],
        default["f1-score"],
    )
    (right, declined), (missed, caught) = metrics["confusion_matrix"]
    assert metrics["accuracy"] == (right + caught) / (right + declined + missed + caught) == (right + caught) / 750


def test_a_wallet_is_scored_explained_audited_and_replayed(database, blink, world, running, tmp_path):
    loaded, bundle = world
    subjects, values = exported(blink, bundle, loaded["defaults"], tmp_path / "lynq")
    expected = score_rows(bundle, values[:2])
    outputs = inferred(running, values[:2])
    assert outputs["margin"].tolist() == expected.margins.tolist()
    assert outputs["default_probability"].tolist() == expected.default_probabilities.tolist()
    assert outputs["shap_values"].tolist() == expected.contributions.ravel().tolist()

    status, _, answer = running.post("/score", json.dumps({"user_id": subjects[0]}))
    said = json.loads(answer)
    assert (status, said["default_probability"], said["features_source"]) == (
        200,
        expected.default_probabilities[0],
        "computed",
    )
    replayed(database, bundle, said)


def test_a_file_that_was_written_is_loaded_and_gives_the_model_that_its_rows_give(blink, tmp_path):
    path = str(tmp_path / "loans.csv")
    written = blink("data", "generate", "defi_lending", "--rows", str(LOANS), "--seed", "7", "--out", path)
    loaded = blink("data", "load", "defi_lending", "--labels", path, "--batch-id", "B-1")
    assert (loaded["loaded"], loaded["ignored_columns"], loaded["batches"][0]["bads"]) == (
        LOANS,
        ["p_default"],
        written["defaults"],
    )
    stored, streamed = blink("train", "defi_lending"), blink("train", "defi_lending", "--data", path)
    assert (stored["source"], streamed["source"]) == ("table", "file")
    models = [(tmp_path / "models" / one["model_id"] / "model.json").read_bytes() for one in (stored, streamed)]
    assert models[0] == models[1]
    # A run that read a file has no rows in the database, whatever else is loaded.
    exported = blink("model", "export", streamed["model_id"], "--to", "lynq", "--out", str(tmp_path / "lynq"))
    assert exported["dataset"]["source"] == "reference.parquet"
    assert exported["dataset"]["rows"] == LOANS * 85 // 100
