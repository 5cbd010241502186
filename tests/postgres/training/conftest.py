"""A database with a population, and a model that audits may refer to."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, insert

from credit.database.schema import (
    BLINK_MODELS,
)
from tests.postgres.training.population import NOW, write_population


@pytest.fixture
def engine(database) -> Engine:
    return database.engine("blink_trainer")


@pytest.fixture
def populate(database) -> Callable[[int], None]:
    def populate(users: int) -> None:
        with database.engine("blink_loader").begin() as connection:
            write_population(connection, users, seed=1)

    return populate


@pytest.fixture
def registered(engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(BLINK_MODELS),
            {
                "model_id": "model_cash_advance_20230101_000000",
                "portfolio": "cash_advance",
                "algorithm": "lightgbm",
                "model_path": "m",
                "manifest_sha256": bytes(32),
                "metrics": {},
                "feature_importance": [],
                "status": "trained",
                "created_at": NOW,
            },
        )
