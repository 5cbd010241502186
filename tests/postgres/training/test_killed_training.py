"""A run of training that was killed, and the run after it."""

import signal
import subprocess
import sys
from datetime import timedelta

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
from uuid import uuid4
from credit.database.connection import connect
from credit.portfolio_file import load_portfolio
from trainer.pipeline import TrainingOrder, train

url, models, moment = sys.argv[1:]
cash = load_portfolio("cash_advance")
small = replace(cash, gate=replace(cash.gate, min_rows=60, min_bads=8))

def die(what, done, total):
    if what == moment:
        os.kill(os.getpid(), signal.SIGKILL)

order = TrainingOrder(small, Path(models))
train(connect(url, role="blink_trainer"), order, now=datetime(2024, 1, 1, tzinfo=UTC), progress=die)
"""


@pytest.mark.parametrize("moment", ["features as of advance requests", "model fitted", "bundle published"])
def test_the_run_after_a_killed_one_goes_on(engine, populate, database, tmp_path, moment):
    populate(110)
    killed = subprocess.run(
        [sys.executable, "-c", KILL_AT, database.url, str(tmp_path / "models"), moment], check=False, timeout=120
    )
    assert killed.returncode == -signal.SIGKILL
    assert [state for state, _ in runs(engine)] == ["running"]
    left = {path.name for path in (tmp_path / "models").glob("model_*")}
    report = train(engine, order(tmp_path, deployment=Deployment()), now=NOW + timedelta(seconds=1))
    assert report.model_id not in left
    assert [state for state, _ in runs(engine)] == ["failed", "succeeded"]
    with engine.connect() as connection:
        assert [model.model_id for model in models.list_models(connection)] == [report.model_id]
    load_bundle(tmp_path / "models" / report.model_id)
