"""A card of registered models: what the registry knows of them, and from training to the page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from blink.cli.main import run
from credit.bundle.reader import load_bundle
from credit.database import models
from credit.database.models import ModelStatus, RegisteredModel
from credit.portfolios import PortfolioName
from credit.promotion import Answer, Decision, DeployWish
from tests.postgres.training.population import NOW, order
from trainer.card.registration import registration_of
from trainer.deployment import Deployment
from trainer.pipeline import train

CASH = PortfolioName("cash_advance")
FIRST_DAY = datetime(2024, 6, 1, tzinfo=UTC)
MODEL = RegisteredModel(
    model_id="model_cash_advance_20240601_000000",
    portfolio=CASH,
    batch_id=None,
    algorithm="lightgbm",
    model_path="m",
    manifest_sha256=bytes(32),
    metrics={},
    feature_importance=(),
    status=ModelStatus.TRAINED,
    run_id=None,
    fitted_until=FIRST_DAY,
    created_at=FIRST_DAY,
)


def on_day(day: int) -> RegisteredModel:
    at = FIRST_DAY + timedelta(days=day)
    return replace(MODEL, model_id=f"model_cash_advance_{at:%Y%m%d}_000000", created_at=at)


def test_a_model_is_weighed_against_the_champion_that_it_met(engine):
    first, unwished, forced, later = (on_day(day) for day in range(4))
    promoted = Decision(Answer.CHAMPION, "because", overridden=True)
    with engine.connect() as connection:
        for model in (first, unwished, forced, later):
            models.register(connection, model)
        for model, met in ((first, None), (forced, first.model_id)):
            wish = DeployWish(model.model_id, met)
            models.apply_decision(connection, CASH, wish, promoted, figures={}, actor="ada", at=model.created_at)
        found = [registration_of(connection, one.model_id) for one in (first, unwished, forced, later)]
    met = [None if one.champion is None else one.champion.model_id for one in found]
    assert met == [None, first.model_id, first.model_id, forced.model_id]
    assert [one.wish is None for one in found] == [False, True, False, True]
    assert found[2].wish is not None
    assert (found[2].wish.decision, found[2].wish.override, found[2].wish.actor) == ("champion", True, "ada")
    assert found[2].model.status is ModelStatus.CHAMPION


@pytest.fixture
def home(database, tmp_path, monkeypatch):
    """Where the models are; commands find them."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("MODEL_DIR", str(tmp_path / "models"))
    return tmp_path


def test_a_trained_model_has_a_card(engine, populate, home):
    populate(110)
    report = train(engine, order(home, deployment=Deployment(actor="ada")), now=NOW)
    recorded = load_bundle(home / "models" / report.model_id).evaluation()
    assert recorded is not None
    assert (recorded.slices, recorded.vintages, recorded.labels_as_of) == (report.slices, report.vintages, NOW)
    assert sum(one.rows for one in recorded.tenths) == report.judgement.evaluation.rows
    assert sum(one.bads for one in recorded.by_vintage) == report.judgement.evaluation.bads
    assert run(["model", "card", "champion:cash_advance", "--out", str(home / "card.html")]) == 0
    page = (home / "card.html").read_text("utf-8")
    for part in ("Asked by ada.", "The portfolio had no champion when this model was trained.", recorded.rows_sha256):
        assert part in page
