"""Algorithms compared and one of them trained, with trials that the database remembers."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from credit.bundle.reader import load_bundle
from credit.costs import Costs
from credit.database import models
from credit.database.connection import connect
from credit.database.errors import SchemaOutdatedError
from credit.database.migrate import require_studies, upgrade
from credit.intake.table_load import load_table_file
from credit.portfolios import Split, SplitKind
from tests.postgres.training.trade import TRADE, draw, write
from trainer.candidates import ComparisonWish
from trainer.comparison import compare as comparing
from trainer.pipeline import TrainingOrder, train
from trainer.report import TrainingReport, to_json, to_text

LOT = replace(
    TRADE,
    split=Split(SplitKind.STRATIFIED, test_fraction=0.2, calibration_fraction=0.15, stopping_fraction=0.1),
    costs=Costs(0.5, 1000.0, margin=100.0),
)
QUICK = ("base_rate", "logistic_regression", "random_forest")

KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from credit.database.connection import connect
from tests.postgres.training.test_comparison import LOT, QUICK
from trainer.candidates import ComparisonWish
from trainer.comparison import compare
from trainer.pipeline import TrainingOrder, train

url, models, rows = sys.argv[1:]
compare.algorithm_names = lambda: QUICK

def die(what, done, total):
    if what == "trials compared" and done == 3:
        os.kill(os.getpid(), signal.SIGKILL)

order = TrainingOrder(LOT, Path(models), data=Path(rows), comparison=ComparisonWish(trials=3))
train(connect(url, role="blink_trainer"), order, now=datetime.now(UTC), progress=die)
"""


@pytest.fixture(scope="module", autouse=True)
def _few_algorithms():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparing, "algorithm_names", lambda: QUICK)
        yield


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return write(tmp_path_factory.mktemp("trade") / "rows.csv", *draw(500))


def compared(engine, tmp_path, rows, *, trials=3, heard=None):
    order = TrainingOrder(LOT, tmp_path / "models", data=rows, comparison=ComparisonWish(trials, jobs=2))

    def progress(what, done, total):
        if heard is not None and what == "trials compared":
            heard.append(done)

    return train(engine, order, now=datetime.now(UTC), progress=progress)


@dataclass(frozen=True)
class Undisturbed:
    """What a comparison in a database of its own said and left."""

    report: TrainingReport
    template: str
    """Of the database."""
    folder: Path


@pytest.fixture(scope="module")
def undisturbed(template_of, rows, tmp_path_factory):
    folder, reports = tmp_path_factory.mktemp("undisturbed"), []

    def fill(url):
        engine = connect(url, role="blink_trainer")
        reports.append(compared(engine, folder, rows))
        engine.dispose()

    template = template_of(f"compared_{uuid4().hex}", fill)
    return Undisturbed(reports[0], template, folder)


def trials_of(engine):
    with engine.connect() as connection:
        counted = connection.execute(text("SELECT state, count(*) FROM optuna.trials GROUP BY state"))
        return {state: count for state, count in counted}  # noqa: C416 - a row is no pair


def test_the_chosen_one_is_trained_with_its_settings_and_the_bundle_says_how_it_was_chosen(
    undisturbed, copy_over, engine
):
    copy_over(undisturbed.template)
    report = undisturbed.report
    bundle = load_bundle(undisturbed.folder / "models" / report.model_id)
    selection = bundle.manifest.metrics["selection"]
    with engine.connect() as connection:
        registered = models.get(connection, report.model_id)
    assert bundle.manifest.algorithm == registered.algorithm == selection["algorithm"] == "logistic_regression"
    assert registered.metrics["selection"] == to_json(report)["metrics"]["selection"] == selection
    assert [one["algorithm"] for one in selection["standings"]] == [
        "base_rate",
        "logistic_regression",
        "logistic_regression",
        "random_forest",
        "random_forest",
    ]
    assert selection["tuning_trials"] == {"base_rate": 0, "logistic_regression": 1, "random_forest": 2}
    assert (selection["rows"], selection["folds"], selection["folds_by"]) == (400, 5, "lot")
    said = to_text(report)
    assert "compared on 400 rows in 5 folds by lot; chosen (*) is\n  the simplest whose mean AUC falls short" in said
    costs = registered.metrics["costs"]
    assert costs["savings"] == pytest.approx(costs["accept_all"] - costs["cost"])
    assert registered.metrics["cut_off"] == costs["threshold"] == 100 / 600
    assert "saved against accepting all" in said


def test_rows_of_a_batch_are_compared_by_lot_as_they_were_loaded_at_once(engine, database, tmp_path, rows):
    load_table_file(database.engine("blink_loader"), TRADE, rows, batch_id="B1", now=datetime.now(UTC))
    order = TrainingOrder(LOT, tmp_path / "models", batch_id="B1", comparison=ComparisonWish())
    report = train(engine, order, now=datetime.now(UTC))
    assert report.model_id.startswith("model_B1_")
    selection = report.judgement.selection
    assert (selection["folds_by"], selection["rows"]) == ("lot", 400)
    assert [one["candidate"] for one in selection["standings"]] == list(QUICK)


def test_a_second_run_finds_all_trials_and_makes_the_same_choice(undisturbed, copy_over, engine, tmp_path, rows):
    copy_over(undisturbed.template)
    heard = []
    second = compared(engine, tmp_path, rows, heard=heard)
    assert heard == []
    assert undisturbed.report.judgement == second.judgement
    assert trials_of(engine) == {"COMPLETE": 6}


def test_a_killed_comparison_goes_on(undisturbed, engine, database, tmp_path, rows):
    arguments = [database.url, str(tmp_path / "models"), str(rows)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False, timeout=120, env=environment)
    assert done.returncode == -signal.SIGKILL
    left = trials_of(engine)["COMPLETE"]
    heard = []
    report = compared(engine, tmp_path, rows, heard=heard)
    assert heard == list(range(left + 1, 7))
    assert left >= 3
    assert report.judgement == undisturbed.report.judgement


def test_rights_reach_no_further_than_the_schema_of_trials(database):
    trainer, reader = database.engine("blink_trainer"), database.engine("blink_reader")
    with trainer.begin() as connection:
        connection.execute(text("CREATE TABLE optuna.own (x int)"))
    for engine, statement in (
        (trainer, "CREATE TABLE blink.own (x int)"),
        (trainer, "CREATE TABLE public.own (x int)"),
        (reader, "CREATE TABLE optuna.other (x int)"),
        (reader, "SELECT * FROM optuna.own"),
    ):
        with engine.connect() as connection, pytest.raises(DBAPIError, match="permission denied"):
            connection.execute(text(statement))


def test_a_database_of_an_earlier_release_gets_the_schema_with_the_next_migration(database):
    owner = database.engine()
    with owner.begin() as connection:
        connection.execute(text("DROP SCHEMA optuna CASCADE"))
    with (
        owner.connect() as connection,
        pytest.raises(SchemaOutdatedError, match=r"no schema optuna .*: run .blink db mig"),
    ):
        require_studies(connection)
    upgrade(owner)
    with owner.connect() as connection:
        assert inspect(connection).has_schema("optuna")


def test_names_without_a_schema_are_those_of_the_one_that_was_asked_for(database):
    engine = connect(database.url, role="blink_trainer", schema="optuna")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT current_schema()")) == "optuna"
        assert connection.scalar(text("SHOW timezone")) == "UTC"
    engine.dispose()
