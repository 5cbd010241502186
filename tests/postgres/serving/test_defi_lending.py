"""DeFi lending by its commands, from simulated loans to an audited answer: trained, deployed, exported, served."""

import csv
import shutil
from uuid import uuid4

import numpy as np
import pytest
import xgboost

from credit.bundle.reader import load_bundle
from credit.portfolio_file import load_portfolio
from tests.postgres.serving.served import champion_server
from tests.postgres.serving.whole_way import command_over, inferred, replayed, scored

DEFI = load_portfolio("defi_lending")
NAMES = DEFI.feature_names
LOANS = 5000
"""So many that the validation part has the bads that a calibration needs."""


@pytest.fixture(scope="module")
def trained_once(template_of, tmp_path_factory, mlflow_database):
    """Facts of the training on simulated loans that were loaded, after the load's; the database, and the folder."""
    folder, facts = tmp_path_factory.mktemp("defi"), []

    def fill(url):
        blink = command_over(url, folder, mlflow_database)
        facts.append(
            blink("data", "generate", "defi_lending", "--rows", str(LOANS), "--seed", "7", "--batch-id", "B-1")
        )
        facts.append(blink("train", "defi_lending", "--batch-id", "B-1", "--deploy"))

    template = template_of(f"defi_{uuid4().hex}", fill)
    return facts, template, folder


@pytest.fixture
def world(trained_once, copy_over, tmp_path):
    """What was loaded, and the model that was trained on it, both the test's own."""
    (loaded, report), template, folder = trained_once
    copy_over(template)
    shutil.copytree(folder / "models", tmp_path / "models")
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
    assert sorted(path.name for path in folder.iterdir()) == sorted(facts["files"])
    subjects, labels, values = dataset_of(folder)
    assert (len(set(subjects)), sum(labels)) == (LOANS, defaults)
    booster = xgboost.Booster(model_file=folder / "model.json")
    margins = booster.predict(xgboost.DMatrix(values, feature_names=list(NAMES)), output_margin=True)
    assert np.abs(margins - bundle.engine.margins(values)).max() <= 1e-5
    return subjects, values


def test_loans_are_loaded_and_divided_as_required(trained_once):
    (loaded, report), _, _ = trained_once
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
    inferred(running, bundle, values[:2])
    assert replayed(database, bundle, scored(running, subjects[0])) == values[0].tolist()


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
