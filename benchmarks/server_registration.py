"""The served model in a database's registry: a score is audited only of a model that is there."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from benchmarks.served_model import NAME, ServedModel
from credit.database import models
from credit.database.models import ModelStatus, RegisteredModel


def register(owner: Engine, model: ServedModel) -> None:
    """Register the bundle as champion."""
    row = RegisteredModel(
        model_id=model.bundle.model_id,
        portfolio=NAME,
        batch_id=None,
        algorithm="lightgbm",
        model_path=model.bundle.path.name,
        manifest_sha256=bytes.fromhex(model.bundle.manifest_sha256),
        metrics={},
        feature_importance=(),
        status=ModelStatus.CHAMPION,
        run_id=None,
        fitted_until=None,
        created_at=datetime.now(UTC),
    )
    with owner.begin() as connection:
        models.register(connection, row)
