"""Served models in a database's registry: a score is audited only of a model that is there."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from benchmarks.served_model import ServedModel
from credit.bundle.reader import Bundle
from credit.database import models
from credit.database.models import ModelStatus, RegisteredModel
from credit.portfolios import Portfolio
from credit.promotion import Circumstances, DeployWish, answer_wish


def register(owner: Engine, model: ServedModel) -> None:
    """Register the bundle as champion."""
    with owner.begin() as connection:
        models.register(connection, _registered(model.bundle, ModelStatus.CHAMPION))


def crown(owner: Engine, portfolio: Portfolio, bundle: Bundle) -> None:
    """Register a bundle and deploy it in place of the champion, in one transaction, as a forced training does."""
    with owner.begin() as connection:
        models.register(connection, _registered(bundle, ModelStatus.TRAINED))
        models.lock_deployments(connection, portfolio.name)
        champion = models.champion(connection, portfolio.name)
        wish = DeployWish(
            challenger=bundle.model_id,
            champion=None if champion is None else champion.model_id,
            force_reason="a benchmark swaps champions",
        )
        decision = answer_wish(wish, Circumstances(portfolio.gate, frozen=False, promote_automatically=True))
        models.apply_decision(
            connection, portfolio.name, wish, decision, figures={}, actor="benchmarks", at=datetime.now(UTC)
        )


def _registered(bundle: Bundle, status: ModelStatus) -> RegisteredModel:
    return RegisteredModel(
        model_id=bundle.model_id,
        portfolio=bundle.portfolio,
        batch_id=None,
        algorithm="lightgbm",
        model_path=bundle.path.name,
        manifest_sha256=bytes.fromhex(bundle.manifest_sha256),
        metrics={},
        feature_importance=(),
        status=status,
        run_id=None,
        fitted_until=None,
        created_at=datetime.now(UTC),
    )
