"""A bundle as the artifacts that LYNQ reads: loaded by the vendor itself, with the rows that it was trained on."""

import csv
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
import xgboost
from sklearn.preprocessing import StandardScaler

from credit.bundle.errors import BundleError
from credit.bundle.lynq import export_lynq
from credit.bundle.reader import load_bundle
from credit.bundle.training_dataset import Dataset, DatasetSource, dataset_part
from credit.bundle.writer import write_bundle
from tests.unit.credit.bundle.content_example import example_content
from tests.unit.trainer.algorithms.samples import FEATURES, NAMES, content_of, draw
from trainer.algorithm import algorithm_named

SAMPLE, HELD_BACK = draw(300, 1), draw(200, 2)
FIRST = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
TIMES = pa.array(FIRST + np.arange(300) * 1_000_000).cast(pa.timestamp("us", tz="UTC"))
SUBJECTS = [f"w{row}" for row in range(300)]
STORED = dataset_part(SUBJECTS, TIMES, pa.array(SAMPLE.y), NAMES, SAMPLE.rows)


def bundle_of(name, model_dir):
    algorithm = algorithm_named(name)
    settings = algorithm.settings_for(SAMPLE, stopping=False)
    estimator = algorithm.fit(SAMPLE, None, features=FEATURES, settings=settings, seed=1, threads=1)
    content = content_of(algorithm, estimator, SAMPLE, HELD_BACK)
    reference = content.reference.append_column("subject_id", pa.array(SUBJECTS))
    reference = reference.append_column("requested_at", TIMES).append_column("label", pa.array(SAMPLE.y))
    return load_bundle(write_bundle(model_dir, replace(content, reference=reference)))


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    models = tmp_path_factory.mktemp("models")
    return {name: bundle_of(name, models / name) for name in ("xgboost", "logistic_regression")}


def config_of(folder):
    return json.loads((folder / "feature_config.json").read_text())


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_xgboost_itself_reads_the_model_and_gives_our_margins(bundles, tmp_path):
    bundle = bundles["xgboost"]
    report = export_lynq(bundle, tmp_path / "out", None)
    assert report.files == ("dataset.csv", "model.json", "scaler.json", "feature_config.json")
    config = config_of(tmp_path / "out")
    booster = xgboost.Booster(model_file=tmp_path / "out" / config["model_file"])
    rows = xgboost.DMatrix(HELD_BACK.rows, feature_names=config["feature_order"])
    margins = booster.predict(rows, output_margin=True)
    assert np.abs(margins - bundle.engine.margins(HELD_BACK.rows)).max() <= 1e-5
    line = config["calibration"]
    assert (line["scale"], line["a"], line["b"]) == (
        "log_odds_default",
        bundle.calibration.a,
        bundle.calibration.b,
    )


def test_trees_scale_nothing(bundles, tmp_path):
    export_lynq(bundles["xgboost"], tmp_path, None)
    assert json.loads((tmp_path / "scaler.json").read_text()) == {
        "kind": "identity",
        "applied_by_model_file": True,
        "features": list(NAMES),
        "mean": [0.0] * 4,
        "scale": [1.0] * 4,
        "fill": None,
    }


def test_a_linear_model_s_scaler_is_scikit_learn_s(bundles, tmp_path):
    export_lynq(bundles["logistic_regression"], tmp_path, None)
    scaler = json.loads((tmp_path / "scaler.json").read_text())
    fitted = StandardScaler().fit(np.nan_to_num(SAMPLE.rows, nan=0.0))
    # The constant has no term in the model, and so no mean.
    assert (scaler["kind"], scaler["fill"], scaler["mean"][3], scaler["scale"][3]) == ("standard", 0.0, 0.0, 1.0)
    assert scaler["mean"][:3] == fitted.mean_[:3].tolist()
    assert scaler["scale"][:3] == fitted.scale_[:3].tolist()
    assert config_of(tmp_path)["missing"] == {"policy": "fill", "value": 0.0}


def test_the_config_names_what_the_model_reads_and_every_file_s_hash(bundles, tmp_path):
    bundle = bundles["xgboost"]
    export_lynq(bundle, tmp_path, None)
    config = config_of(tmp_path)
    assert (config["model_id"], config["manifest_sha256"]) == (bundle.model_id, bundle.manifest_sha256)
    assert [(one["name"], one["type"], one["unit"], one["may_be_missing"]) for one in config["features"]] == [
        ("pay", "float64", "currency", True),
        ("overdrafts", "float64", "count", True),
        ("noise", "float64", "count", True),
        ("constant", "float64", "count", True),
    ]
    hashes = {name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in config["files"]}
    assert (hashes, hashes.keys()) == (config["files"], {"dataset.csv", "model.json", "scaler.json"})
    assert {path.name for path in tmp_path.iterdir()} == hashes.keys() | {"feature_config.json"}


def test_stored_rows_are_the_dataset_where_those_of_the_bundle_are_among_them(bundles, tmp_path):
    other = dataset_part(["late"], TIMES[:1], pa.array([1], pa.int8()), NAMES, np.ones((1, 4)))
    report = export_lynq(bundles["xgboost"], tmp_path, iter([STORED.slice(0, 100), other, STORED.slice(100)]))
    assert report.dataset == Dataset(DatasetSource.DATABASE, 301, SAMPLE.bads + 1)
    rows = rows_of(tmp_path / "dataset.csv")
    assert list(rows[0]) == ["subject_id", "observed_at", "label", *NAMES]
    assert rows[100] == {
        "subject_id": "late",
        "observed_at": "2025-01-01 00:00:00.000000Z",
        "label": "1",
        **dict.fromkeys(NAMES, "1"),
    }
    del rows[100]
    values = np.array([[float(row[name]) if row[name] else np.nan for name in NAMES] for row in rows])
    np.testing.assert_array_equal(values, SAMPLE.rows)
    assert config_of(tmp_path)["dataset"] == {"source": "database", "rows": 301, "bads": SAMPLE.bads + 1}


def test_a_stored_row_that_was_corrected_leaves_the_bundle_s_own(bundles, tmp_path):
    labels = SAMPLE.y.copy()
    labels[7] = 1 - labels[7]
    corrected = STORED.set_column(2, "label", pa.array(labels))
    report = export_lynq(bundles["xgboost"], tmp_path, [corrected])
    assert report.dataset == Dataset(DatasetSource.REFERENCE, 300, SAMPLE.bads)
    assert [row["label"] for row in rows_of(tmp_path / "dataset.csv")] == [str(label) for label in SAMPLE.y]


def test_rows_that_were_never_labelled_are_exported_as_they_are(tmp_path):
    bundle = load_bundle(write_bundle(tmp_path / "models", example_content()))
    report = export_lynq(bundle, tmp_path / "out", None)
    assert (report.files[1], report.dataset) == ("model.txt", Dataset(DatasetSource.REFERENCE, 400, None))
    assert list(rows_of(tmp_path / "out" / "dataset.csv")[0]) == ["subject_id", *bundle.feature_names]


def test_nothing_is_overwritten(bundles, tmp_path):
    (tmp_path / "scaler.json").write_text("mine")
    with pytest.raises(BundleError, match=r"has scaler\.json already; give an empty folder"):
        export_lynq(bundles["xgboost"], tmp_path, None)
    assert [path.name for path in tmp_path.iterdir()] == ["scaler.json"]


def test_an_export_that_breaks_off_leaves_nothing(bundles, tmp_path):
    def broken():
        yield STORED.slice(0, 10)
        raise OSError("the server closed the connection")

    with pytest.raises(OSError, match="the server closed"):
        export_lynq(bundles["xgboost"], tmp_path, broken())
    assert list(tmp_path.iterdir()) == []
