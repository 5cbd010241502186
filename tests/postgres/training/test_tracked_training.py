"""A comparison in MLflow, read back by MLflow's own client."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from credit.bundle.reader import load_bundle
from credit.fairness import Fairness
from credit.portfolios import Split, SplitKind
from tests.postgres.training.trade import TRADE, draw, with_sex, write
from tests.unit.trainer.comparison.samples import trial
from trainer.candidates import ComparisonWish
from trainer.comparison import compare as comparing
from trainer.errors import TrackingError
from trainer.pipeline import TrainingOrder, train
from trainer.tracking.facts import RunFacts, TrackingPlace
from trainer.tracking.mlflow_runs import MlflowRuns

# MLflow's own, of its use of SQLAlchemy.
pytestmark = pytest.mark.filterwarnings("ignore")

LOT = replace(TRADE, split=Split(SplitKind.STRATIFIED))
SCREENED = replace(LOT, protected=("sex",), fairness=Fairness(min_rows=10))


@pytest.fixture
def client(tmp_path):
    from mlflow import MlflowClient  # noqa: PLC0415 - seconds

    return MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")


@pytest.fixture
def used_before(tmp_path, mlflow_database):
    mlflow_database(tmp_path / "mlflow.db")


def place(tmp_path):
    return TrackingPlace(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path / "artifacts")


def check_groups(run, report):
    fairness = report.judgement.fairness
    (women,) = [one for one in fairness.columns[0].groups if one.group == "2"]
    assert run.data.metrics["fairness/sex/2/acceptance_rate"] == women.acceptance_rate.estimate
    assert run.data.metrics["fairness/sex/2/rows"] == women.rows
    standings = report.judgement.selection["standings"]
    assert fairness.alternatives.least_discriminatory in {one["candidate"] for one in standings}


def check_bundle_and_card(folder: Path, published: Path) -> None:
    kept, card = load_bundle(folder / "bundle"), (folder / "model_card.html").read_text("utf-8")
    assert kept.manifest == load_bundle(published).manifest
    assert kept.manifest_sha256 in card
    assert "Chosen: the simplest whose mean AUC" in card


@pytest.mark.usefixtures("used_before")
def test_everything_that_was_compared_can_be_read_back(engine, tmp_path, monkeypatch, client):
    monkeypatch.setattr(comparing, "algorithm_names", lambda: ("base_rate", "logistic_regression"))
    rows = with_sex(tmp_path / "rows.csv", *draw(400))
    order = TrainingOrder(
        SCREENED, tmp_path / "models", data=rows, comparison=ComparisonWish(trials=2), tracking=place(tmp_path)
    )
    said = []
    report = train(engine, order, now=datetime.now(UTC), progress=lambda what, *_: said.append(what))
    assert not [one for one in said if "not tracked" in one]

    experiment = client.get_experiment_by_name("trade_credit")
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert len(children) == len(runs) - 1 == 4
    assert {run.info.status for run in (parent, children[0])} == {"FINISHED"}
    check_parent(parent, report, rows)
    check_trials(client, children, report.judgement.selection)
    check_artifacts(Path(client.download_artifacts(parent.info.run_id, "", str(tmp_path))), report)
    version = client.get_model_version_by_alias("trade_credit", "challenger")
    assert (version.run_id, version.tags["model_id"]) == (parent.info.run_id, report.model_id)
    assert version.description.startswith(f"`{report.model_id}`: ROC AUC 0.")


def check_parent(parent, report, rows):
    sha256 = hashlib.sha256(rows.read_bytes()).hexdigest()
    chosen = report.judgement.selection["algorithm"]
    assert parent.data.params["input_sha256"] == sha256
    assert parent.data.params["chosen_algorithm"] == chosen == "logistic_regression"
    assert parent.data.tags["blink.model_id"] == report.model_id
    assert parent.data.metrics["test_roc_auc"] == report.judgement.evaluation.roc_auc.estimate
    (given,) = parent.inputs.dataset_inputs
    assert (given.dataset.name, given.dataset.digest) == ("rows.csv", sha256[:16])
    assert f"`{report.model_id}`: ROC AUC 0." in parent.data.tags["mlflow.note.content"]
    check_effective_settings(parent, report)
    check_groups(parent, report)


def check_effective_settings(parent, report):
    """Of the chosen candidate and of the model: ours, and the library's that nobody set."""
    params = parent.data.params
    assert (params["chosen_iterations"], params["chosen_library.max_iter"]) == ("1000", "1000")
    assert (params["chosen_library.tol"], params["chosen_library.solver"]) == ("0.0001", "lbfgs")
    assert params["model_algorithm"] == "logistic_regression"
    told = {name.removeprefix("model_"): value for name, value in params.items() if name.startswith("model_")}
    assert told == {"algorithm": report.algorithm, **report.settings}
    assert report.settings["library.C"] == report.settings["inverse_penalty"]


def check_trials(client, children, selection):
    for standing in selection["standings"]:
        (run,) = [run for run in children if run.info.run_name == standing["candidate"]]
        steps = sorted(client.get_metric_history(run.info.run_id, "fold_roc_auc"), key=lambda one: one.step)
        assert [one.value for one in steps] == standing["fold_aucs"]
        assert run.data.metrics["mean_roc_auc"] == standing["mean_auc"]
        assert run.data.metrics["shortfall"] == standing["shortfall"]
        for name, value in standing["parameters"].items():
            assert run.data.params[name] == str(value)
        if standing["candidate"] == "logistic_regression":
            own = {name: run.data.params[name] for name in ("inverse_penalty", "iterations", "library.C")}
            assert own == {"inverse_penalty": "1.0", "iterations": "1000", "library.C": "1.0"}
    standings = sorted(run.data.tags["blink.standing"] for run in children)
    assert [standings.count("chosen"), standings.count("outdone by a trial of its algorithm")] == [1, 1]


def check_artifacts(folder, report):
    selection = report.judgement.selection
    check_bundle_and_card(folder, folder / "models" / report.model_id)
    assert json.loads((folder / "selection.json").read_text()) == selection
    table = json.loads((folder / "candidates.json").read_text())
    candidates = {one["candidate"]: one["mean_auc"] for one in selection["standings"]}
    assert (table["columns"][0], table["columns"][2]) == ("candidate", "mean_auc")
    assert {row[0]: row[2] for row in table["data"]} == pytest.approx(candidates, abs=1e-9)
    assert sorted(path.name for path in (folder / "figures").iterdir()) == [
        "calibration.png",
        "candidates.png",
        "roc.png",
    ]


def test_a_store_that_cannot_be_used_is_an_error_before_anything_is_trained(engine, tmp_path):
    rows = write(tmp_path / "rows.csv", *draw(400))
    (tmp_path / "mlflow.db").write_text("no database")
    order = TrainingOrder(LOT, tmp_path / "models", data=rows, tracking=place(tmp_path))
    with pytest.raises(TrackingError, match=r"MLflow at sqlite:///.*mlflow\.db: .*; see to the folder "):
        train(engine, order, now=datetime.now(UTC))
    assert not (tmp_path / "models").exists() or not list((tmp_path / "models").glob("model_*"))


@pytest.mark.parametrize(
    ("artifacts", "advice"),
    [
        (Path("/srv/mlflow/artifacts"), "see to the folder /srv/mlflow, or set MLFLOW_TRACKING_URI to another place"),
        (None, "correct MLFLOW_TRACKING_URI, or unset it"),
    ],
)
def test_an_error_says_what_can_be_done_about_the_place(artifacts, advice):
    runs = MlflowRuns(TrackingPlace("http://mlflow", artifacts))
    with pytest.raises(TrackingError, match=f"MLflow at http://mlflow: full; {advice}"), runs.errors():
        raise OSError("full")


def test_more_settings_than_mlflow_takes_at_once_are_all_kept(tmp_path, client):
    settings = {f"library.n{number}": str(number) for number in range(130)}
    runs = MlflowRuns(place(tmp_path))
    with runs.errors():
        runs.begin(RunFacts("loans", "a comparison", {"rows_sha256": "00", "rows": "9"}))
        runs.trial(replace(trial("lightgbm", 0.7), settings=settings))
    (experiment,) = [one for one in client.search_experiments() if one.name == "loans"]
    (child,) = client.search_runs([experiment.experiment_id], "tags.`mlflow.parentRunId` != ''")
    assert child.data.params == {"algorithm": "lightgbm", "trial": "0", **settings}


@pytest.mark.usefixtures("used_before")
def test_a_training_without_a_comparison_is_tracked_and_no_broken_store_of_its_own_keeps_it(engine, tmp_path, client):
    rows = write(tmp_path / "rows.csv", *draw(400))
    unasked = replace(place(tmp_path), asked_for=False)
    report = train(engine, TrainingOrder(LOT, tmp_path / "models", data=rows, tracking=unasked), now=datetime.now(UTC))
    experiment = client.get_experiment_by_name("trade_credit")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.data.tags["blink.model_id"] == report.model_id
    assert (run.data.params["model_algorithm"], run.data.params["model_library.C"]) == ("logistic_regression", "1.0")

    broken = TrackingPlace(f"sqlite:///{tmp_path / 'rows.csv'}", tmp_path / "artifacts", asked_for=False)
    said, order = [], TrainingOrder(LOT, tmp_path / "models", data=rows, tracking=broken)
    again = train(
        engine, order, now=datetime.now(UTC) + timedelta(hours=1), progress=lambda what, *_: said.append(what)
    )
    assert again.model_id != report.model_id
    assert len([one for one in said if one.startswith("not tracked any further: MLflow at ")]) == 1
