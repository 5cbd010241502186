"""`blink model show` and `importance` of registered models."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from blink.cli.main import run
from credit.database import models
from credit.portfolios import Quality
from tests.postgres.training.trade import TRADE, draw, write
from trainer.errors import QualityGateError
from trainer.pipeline import TrainingOrder, train


@pytest.fixture
def order(database, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("MODEL_DIR", str(tmp_path / "models"))
    return TrainingOrder(TRADE, tmp_path / "models", data=write(tmp_path / "rows.csv", *draw(400)))


def test_a_model_is_shown_with_what_its_bundle_says(engine, order, capsys):
    report = train(engine, order, now=datetime.now(UTC))
    assert run(["model", "show", report.model_id]) == 0
    text = capsys.readouterr().out
    assert "label\n  Bad where label holds 1 in the lender's table.\n" in text
    assert "split\n  By lot (seed 42): 20% of the rows judge the model" in text
    auc = report.judgement.evaluation.roc_auc.estimate
    assert f"quality gate: ROC AUC of 0.6000 or more, from 100 labelled rows or more: {auc:.4f}, passed" in text
    assert run(["model", "importance", report.model_id]) == 0
    assert "more of it" in capsys.readouterr().out.splitlines()[0]
    (order.model_dir / report.model_id / "golden.json").unlink()
    assert run(["model", "show", report.model_id]) == 0
    assert "data, label and split\n  not shown: golden.json: cannot be read" in capsys.readouterr().out


def test_a_refused_model_is_shown_with_threshold_and_reason(engine, order, capsys):
    with pytest.raises(QualityGateError) as caught:
        train(engine, replace(order, portfolio=replace(TRADE, quality=Quality(0.999))), now=datetime.now(UTC))
    with engine.connect() as connection:
        (refused,) = models.list_models(connection)
    assert run(["model", "show", refused.model_id]) == 0
    text = capsys.readouterr().out
    assert f"refused: {caught.value}" in text
    assert "the threshold 0.9990" in text
    assert run(["model", "show", refused.model_id, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["metrics"] == refused.metrics
    assert facts.keys() == set(models.RegisteredModel.__slots__)
