"""Training of portfolios that come as a table, from what was loaded and straight from a file."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, classification_report, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sqlalchemy import text

from credit.bundle.reader import load_bundle
from credit.database import models
from credit.database.models import ModelStatus
from credit.intake.errors import FileFormatError, MalformedTableError
from credit.intake.table_load import load_table_file
from credit.portfolios import Quality, Setting, Split, SplitKind
from credit.promotion import Answer
from credit.scores import score_rows
from tests.postgres.training.population import CASH, runs
from tests.postgres.training.trade import NAMES, TRADE, draw, with_sex, write
from trainer.deployment import Deployment
from trainer.errors import InsufficientSamplesError, QualityGateError, TrainingError
from trainer.pipeline import TrainingOrder, train
from trainer.report import to_json, to_text

LIGHTGBM = replace(
    TRADE,
    algorithm="lightgbm",
    settings=(Setting("learning_rate", 0.1), Setting("patience", 30)),  # they stop after tens of rounds, not thousands
    split=Split(SplitKind.STRATIFIED, test_fraction=0.2, calibration_fraction=0.2, stopping_fraction=0.1),
)


@pytest.fixture
def load(database, tmp_path):
    def load(values, y, batch_id="BATCH_001"):
        path = write(tmp_path / f"{batch_id}.csv", values, y)
        now = datetime.now(UTC)
        return load_table_file(database.engine("blink_loader"), TRADE, path, batch_id=batch_id, now=now)

    return load


def ordered(tmp_path, portfolio=TRADE, **options):
    return TrainingOrder(portfolio, tmp_path / "models", threads=1, **options)


def trained(engine, tmp_path, portfolio=TRADE, *, hours=0, **options):
    options = options if "data" in options else {"batch_id": "BATCH_001"} | options
    now = datetime.now(UTC) + timedelta(hours=hours)
    return train(engine, ordered(tmp_path, portfolio, **options), now=now)


def test_a_model_is_that_of_a_plain_run_of_scikit_learn(engine, load, tmp_path):
    values, y = draw(900)
    load(values, y)
    report = trained(engine, tmp_path)
    filled = np.nan_to_num(values, nan=0.0)
    x_train, x_test, y_train, y_test = train_test_split(filled, y, test_size=0.2, stratify=y, random_state=42)
    scaler = StandardScaler().fit(x_train)
    plain = LogisticRegression(C=1.0, max_iter=1000).fit(scaler.transform(x_train), y_train)
    expected = plain.predict_proba(scaler.transform(x_test))[:, 1]

    with engine.connect() as connection:
        registered = models.get(connection, report.model_id)
    found = registered.metrics
    assert found["auc_roc"] == pytest.approx(roc_auc_score(y_test, expected), abs=1e-6)
    assert found["accuracy"] == pytest.approx(accuracy_score(y_test, expected > 0.5), abs=1e-6)
    assert (found["train_samples"], found["test_samples"]) == (len(y_train), len(y_test))
    assert found["train_default_rate"] == pytest.approx(y_train.mean(), abs=1e-6)
    assert found["test_default_rate"] == pytest.approx(y_test.mean(), abs=1e-6)
    names = ["non-default", "default"]
    whole = classification_report(y_test, expected > 0.5, target_names=names, output_dict=True)
    for name in names:
        assert found["classification_report"][name] == pytest.approx(whole[name], abs=1e-6)

    coefficients = dict(zip(NAMES, plain.coef_[0], strict=True))
    assert {row["metric"]: row["weight"] for row in registered.feature_importance} == pytest.approx(
        coefficients, abs=1e-6
    )
    bundle = load_bundle(tmp_path / "models" / report.model_id)
    unfilled = train_test_split(values, y, test_size=0.2, stratify=y, random_state=42)[1]
    served = score_rows(bundle, np.ascontiguousarray(unfilled)).default_probabilities
    assert np.abs(served - expected).max() < 1e-6


def test_importance_is_by_coefficient_and_says_what_more_of_a_feature_does(engine, load, tmp_path):
    load(*draw(900))
    report = trained(engine, tmp_path)
    with engine.connect() as connection:
        rows = models.get(connection, report.model_id).feature_importance
    sizes = [abs(row["weight"]) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    assert {row["metric"] for row in rows[:3]} == {
        "kyc_verified",
        "contact_completeness",
        "transaction_regularity_score",
    }
    for row in rows:
        assert row["wording"] == ("increases default risk" if row["weight"] > 0 else "decreases default risk")
    assert "increases default risk" in to_text(report)


def test_the_model_has_the_batch_in_its_name_and_its_run_is_told(engine, load, tmp_path):
    load(*draw(400))
    report = trained(engine, tmp_path, deployment=Deployment())
    assert report.model_id.startswith("model_BATCH_001_")
    assert report.answered is not None
    assert report.answered.decision.answer is Answer.CHAMPION
    assert (to_json(report)["source"], [one.name for one in report.slices]) == (
        "table",
        ["training", "stopping", "calibration", "purged", "test"],
    )
    with engine.connect() as connection:
        columns = connection.execute(text("SELECT model_id, batch_id, model_type, status FROM blink.model_registry"))
        assert [tuple(row) for row in columns] == [
            (report.model_id, "BATCH_001", "logistic_regression", "champion"),
        ]


def test_fewer_samples_than_the_gate_asks_for_are_refused_with_the_count(engine, load, tmp_path):
    load(*draw(99))
    with pytest.raises(InsufficientSamplesError, match="too few samples: 99 labelled rows; at least 100 are needed"):
        trained(engine, tmp_path)
    ((state, outcome),) = runs(engine)
    assert (state, outcome["error"]) == ("refused", "too few samples: 99 labelled rows; at least 100 are needed")
    assert not (tmp_path / "models").exists()


def test_a_batch_without_rows_is_refused_likewise(engine, load, tmp_path):
    load(*draw(400))
    with pytest.raises(InsufficientSamplesError) as caught:
        trained(engine, tmp_path, batch_id="BATCH_002")
    said = str(caught.value)
    assert said.startswith("too few samples: 0 labelled rows; trade_credit has no row of batch BATCH_002 as of 20")
    assert said.endswith(
        " UTC; loaded are the batches BATCH_001. Load rows by `blink data load trade_credit --labels FILE --batch-id "
        "BATCH_002`, or train on a file by --data"
    )
    assert runs(engine)[0][0] == "refused"


def test_without_anything_loaded_that_is_said(engine, tmp_path):
    with pytest.raises(InsufficientSamplesError, match=r"has no row as of .*; nothing is loaded. Load rows by"):
        trained(engine, tmp_path, batch_id=None)


def test_rows_that_were_not_known_then_are_told_apart(engine, load, tmp_path):
    load(*draw(400))
    before = datetime.now(UTC) - timedelta(days=1)
    with pytest.raises(InsufficientSamplesError, match="what is loaded was not known then: give a later --as-of"):
        trained(engine, tmp_path, as_of=before)


def test_a_file_that_is_not_there_begins_no_run(engine, tmp_path):
    with pytest.raises(FileFormatError, match=r"nofile\.csv: cannot be read: No such file"):
        trained(engine, tmp_path, data=tmp_path / "nofile.csv")
    assert runs(engine) == []


def test_what_is_fitted_is_told_with_the_rows_that_are_fitted(engine, tmp_path):
    path, said = write(tmp_path / "rows.csv", *draw(3000)), []
    order = ordered(tmp_path, LIGHTGBM, data=path)
    train(engine, order, now=datetime.now(UTC), progress=lambda what, *_: said.append(what))
    (told,) = [one for one in said if one.startswith("fit lightgbm on ")]
    assert told.startswith("fit lightgbm on 1,800 of 3,000 rows, ")
    assert told.endswith(" bad; 600 calibrate it, 600 judge it")


def test_a_model_below_the_gate_is_a_record_without_a_bundle(engine, load, tmp_path):
    load(*draw(400, signal=0.0))
    with pytest.raises(QualityGateError) as caught:
        trained(engine, tmp_path)
    assert (caught.value.threshold, caught.value.auc < 0.6) == (0.6, True)
    ((state, outcome),) = runs(engine)
    assert (state, outcome["error"]) == ("refused", str(caught.value))
    assert str(caught.value) == f"quality gate: ROC AUC {caught.value.auc:.4f} is below the threshold 0.6000"
    with engine.connect() as connection:
        record = models.get(connection, outcome["model_id"])
    assert (record.status, record.model_path, record.manifest_sha256) == (ModelStatus.REFUSED, None, None)
    assert record.metrics["auc_roc"] == caught.value.auc
    assert len(record.feature_importance) == 16
    assert not list((tmp_path / "models").glob("model_*"))


def test_a_file_gives_the_model_that_its_loaded_rows_give(engine, load, tmp_path):
    values, y = draw(400)
    load(values, y)
    path = write(tmp_path / "rows.csv", values, y)
    stored = trained(engine, tmp_path)
    streamed = trained(engine, tmp_path, data=path)
    texts = [(tmp_path / "models" / one.model_id / "linear.json").read_bytes() for one in (stored, streamed)]
    assert texts[0] == texts[1]
    assert stored.judgement.classification == streamed.judgement.classification
    assert stored.judgement.importance == streamed.judgement.importance
    assert (streamed.source, streamed.model_id.startswith("model_trade_credit_")) == ("file", True)


def test_rows_without_a_time_are_no_evidence_against_a_champion(engine, tmp_path):
    path = write(tmp_path / "rows.csv", *draw(400))
    first = trained(engine, tmp_path, data=path, deployment=Deployment())
    second = trained(engine, tmp_path, data=path, deployment=Deployment(), hours=1)
    assert second.answered is not None
    assert second.answered.decision.answer is Answer.REFUSED
    assert f"cannot be told to be later than what {first.model_id} was fitted on" in second.answered.decision.reason


def test_trees_are_fitted_stopped_and_calibrated_on_slices_by_lot(engine, tmp_path):
    path = write(tmp_path / "rows.csv", *draw(3000))
    report = trained(engine, tmp_path, LIGHTGBM, data=path)
    rows = {one.name: one.rows for one in report.slices}
    rates = [one.bads / one.rows for one in report.slices if one.rows]
    assert rows == {"training": 1500, "stopping": 300, "calibration": 600, "purged": 0, "test": 600}
    assert max(rates) - min(rates) < 0.002
    assert report.judgement.evaluation.roc_auc.estimate > 0.6


def test_one_class_in_a_file_is_refused_before_anything_is_fitted(engine, tmp_path):
    values, y = draw(300)
    path = write(tmp_path / "rows.csv", values, y * 0)
    with pytest.raises(MalformedTableError) as caught:
        trained(engine, tmp_path, data=path)
    assert str(caught.value) == (
        "rows.csv: column label: all 300 labelled rows are good by 'label'; rows of both classes are needed"
    )


def test_advances_are_not_read_from_a_file(engine, tmp_path):
    with pytest.raises(TrainingError, match="portfolio cash_advance: its rows are advances of the database"):
        trained(engine, tmp_path, CASH, data=tmp_path / "rows.csv")


def test_a_gate_that_asks_for_nothing_lets_everything_pass(engine, load, tmp_path):
    load(*draw(400, signal=0.0))
    assert trained(engine, tmp_path, replace(TRADE, quality=Quality())).model_id.startswith("model_BATCH_001_")


SCREENED = replace(LIGHTGBM, protected=("sex", "age", "nationality"))


def estimates(told):
    """Without the ends of intervals: rows of a file have numbers, not names, and are drawn in another order."""
    if isinstance(told, dict):
        return told["estimate"] if "estimate" in told else {name: estimates(one) for name, one in told.items()}
    return [estimates(one) for one in told] if isinstance(told, list) else told


def test_outcomes_by_group_are_screened_from_a_file_as_from_the_database(engine, database, tmp_path):
    path = with_sex(tmp_path / "rows.csv", *draw(1500))
    loader = database.engine("blink_loader")
    load_table_file(loader, SCREENED, path, batch_id="BATCH_001", now=datetime.now(UTC))
    stored = trained(engine, tmp_path, SCREENED, hours=1)
    read = trained(engine, tmp_path, SCREENED, hours=2, data=path)
    with engine.connect() as connection:
        found = models.get(connection, stored.model_id).metrics["fairness"]
    told = to_json(read)["metrics"]["fairness"]
    assert told == load_bundle(tmp_path / "models" / read.model_id).manifest.metrics["fairness"]
    assert estimates(found) == estimates(told)
    assert [one["column"] for one in found["columns"]] == ["sex", "age"]
    assert (found["absent"], found["alternatives"], found["columns"][0]["reference"]) == (["nationality"], None, "2")
    assert [(one["feature"], one["column"]) for one in found["proxies"]] == [("kyc_verified", "sex")]
    assert sum(one["rows"] for one in found["columns"][1]["groups"]) == stored.judgement.evaluation.rows
    assert "fairness: a screen, not a legal finding" in to_text(read)


def test_what_a_model_is_does_not_depend_on_protected_columns(engine, tmp_path):
    values, y = draw(900)
    plain = trained(engine, tmp_path, LIGHTGBM, hours=1, data=write(tmp_path / "plain.csv", values, y))
    screened = trained(engine, tmp_path, SCREENED, hours=2, data=with_sex(tmp_path / "sex.csv", values, y))
    first, second = (load_bundle(tmp_path / "models" / one.model_id) for one in (plain, screened))
    hashes = [{name: one.manifest.files[name] for name in ("model.txt", "forest.bin")} for one in (first, second)]
    assert hashes[0] == hashes[1]
    assert second.reference().column_names == first.reference().column_names
    assert "fairness" not in first.manifest.metrics
