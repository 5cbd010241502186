"""A run of training that was killed, and the run after it."""

import signal
import subprocess
import sys
from datetime import timedelta
from uuid import UUID

import pytest

from credit.bundle.reader import load_bundle
from credit.database import models
from tests.postgres.training.population import NOW, order, runs
from trainer.deployment import Deployment
from trainer.pipeline import train

KILL_AT = """
import os, signal, sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from credit.database.connection import connect
from credit.portfolio_file import load_portfolio
from trainer.pipeline import TrainingOrder, train

url, models, moment, *run_id = sys.argv[1:]
cash = load_portfolio("cash_advance")
small = replace(cash, gate=replace(cash.gate, min_rows=60, min_bads=8))

def die(what, done, total):
    if what == moment:
        os.kill(os.getpid(), signal.SIGKILL)

order = TrainingOrder(small, Path(models), run_id=UUID(run_id[0]) if run_id else None)
train(connect(url, role="blink_trainer"), order, now=datetime(2024, 1, 1, tzinfo=UTC), progress=die)
"""


def killed_at(moment, database, models_dir, *run_id):
    arguments = [database.url, str(models_dir), moment, *run_id]
    killed = subprocess.run([sys.executable, "-c", KILL_AT, *arguments], check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL


@pytest.mark.parametrize("moment", ["features as of advance requests", "model fitted", "bundle published"])
def test_the_run_after_a_killed_one_goes_on(engine, populate, database, tmp_path, moment):
    populate(110)
    killed_at(moment, database, tmp_path / "models")
    assert [state for state, _ in runs(engine)] == ["running"]
    left = {path.name for path in (tmp_path / "models").glob("model_*")}
    report = train(engine, order(tmp_path, deployment=Deployment()), now=NOW + timedelta(seconds=1))
    assert report.model_id not in left
    assert [state for state, _ in runs(engine)] == ["failed", "succeeded"]
    with engine.connect() as connection:
        assert [model.model_id for model in models.list_models(connection)] == [report.model_id]
    load_bundle(tmp_path / "models" / report.model_id)


def test_a_killed_run_is_gone_on_with_by_the_retry_of_its_step(engine, populate, database, tmp_path):
    populate(110)
    run_id = UUID(int=1)
    killed_at("bundle published", database, tmp_path / "models", str(run_id))
    wish = order(tmp_path, deployment=Deployment(), run_id=run_id)
    report = train(engine, wish, now=NOW + timedelta(seconds=1))
    # The same labels, though it is later now.
    assert (report.run_id, report.as_of) == (run_id, NOW)
    ((state, outcome),) = runs(engine)
    assert (state, outcome["model_id"], outcome["decision"]) == ("succeeded", report.model_id, "champion")
    assert [one["error"] for one in outcome["tries"]] == ["killed before it ended"]
    with engine.connect() as connection:
        assert [model.model_id for model in models.list_models(connection)] == [report.model_id]
