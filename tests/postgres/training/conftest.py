"""A database with a population, and a model that audits may refer to."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, insert

from credit.database.connection import connect
from credit.database.schema import (
    BLINK_MODELS,
)
from tests.postgres.training.population import NOW, write_population


@pytest.fixture
def engine(database) -> Engine:
    return database.engine("blink_trainer")


@pytest.fixture
def populate(copy_over, template_of) -> Callable[[int], None]:
    """Makes the test's database one of so many users; what was in it before is gone."""

    def populate(users: int) -> None:
        def fill(url: str) -> None:
            loader = connect(url, role="blink_loader")
            with loader.begin() as connection:
                write_population(connection, users, seed=1)
            loader.dispose()

        copy_over(template_of(f"population_{users}", fill))

    return populate


@pytest.fixture
def register_model(engine) -> Callable[[], None]:
    """Registers a model that audits may refer to."""

    def register_model() -> None:
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

    return register_model
