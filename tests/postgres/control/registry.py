"""Models in a database, made champion as a training makes them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from credit.database import models
from credit.database.models import ModelStatus, RegisteredModel
from credit.portfolios import PortfolioName
from credit.promotion import Answer, Decision, DeployWish

CASH = PortfolioName("cash_advance")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
FIRST = RegisteredModel(
    model_id="model_cash_advance_20260601_000000",
    portfolio=CASH,
    batch_id=None,
    algorithm="lightgbm",
    model_path="model_cash_advance_20260601_000000",
    manifest_sha256=bytes(32),
    metrics={"roc_auc": 0.75},
    feature_importance=({"metric": "metric_total_balance", "share": 1.0, "direction": "decreases default risk"},),
    status=ModelStatus.TRAINED,
    run_id=None,
    fitted_until=NOW - timedelta(days=90),
    created_at=NOW,
)
SECOND = replace(FIRST, model_id="model_cash_advance_20260608_000000", created_at=NOW + timedelta(days=7))


def deploy(engine: Engine, model: RegisteredModel) -> None:
    """Make a model, registered or not, the champion."""
    with engine.begin() as connection:
        if not models.exists(connection, model.model_id):
            models.register(connection, model)
        models.lock_deployments(connection, CASH)
        before = models.champion(connection, CASH)
        wish = DeployWish(model.model_id, None if before is None else before.model_id)
        decision = Decision(Answer.CHAMPION, "tested")
        models.apply_decision(connection, CASH, wish, decision, figures={}, actor="train", at=NOW)
