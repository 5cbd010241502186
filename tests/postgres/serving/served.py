"""A server that follows the champion of a real database."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine, select, text, update

from blink.embedded import EmbeddedServer
from credit.bundle.reader import Bundle
from credit.database import models
from credit.database.connection import connect
from credit.database.models import ModelStatus, RegisteredModel
from credit.database.schema import (
    BLINK_MODELS,
    RISK_SCORE_AUDITS,
)
from credit.portfolios import Portfolio
from predictor.server import Limits, ServeSettings
from tests.unit.predictor.serving_example import (
    FIRST,
    PORTFOLIO,
    Server,
    example_bundle,
    server_thread,
    until_ready,
)

SECOND = FIRST + timedelta(days=7)


@dataclass(frozen=True)
class Served:
    """A server that follows the champion of a database."""

    server: Server
    engine: Engine
    admin: Engine
    name: str
    model_dir: Path
    first: Bundle
    second: Bundle


def registered(bundle: Bundle, status: ModelStatus) -> RegisteredModel:
    return RegisteredModel(
        model_id=bundle.model_id,
        portfolio=PORTFOLIO.name,
        batch_id=None,
        algorithm="lightgbm",
        model_path=bundle.path.name,
        manifest_sha256=bytes.fromhex(bundle.manifest_sha256),
        metrics={},
        feature_importance=(),
        status=status,
        run_id=None,
        fitted_until=None,
        created_at=FIRST,
    )


@contextmanager
def champion_server(database: Engine, portfolio: Portfolio, model_dir: Path) -> Iterator[Server]:
    """A server, when it is ready, of whichever model is a portfolio's champion; the engine acts as blink_scorer."""
    settings = ServeSettings(
        portfolio=portfolio, model_dir=model_dir, database=database, http_port=0, grpc_port=0, poll_seconds=0.05
    )
    with server_thread(settings) as server:
        yield until_ready(server)


def execute(admin: Engine, statement: str) -> None:
    with admin.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(statement))


@contextmanager
def serving(server: EmbeddedServer, model_dir: Path) -> Iterator[Served]:
    admin, name = connect(server.url()), f"served_{uuid4().hex[:12]}"
    execute(admin, f"CREATE DATABASE {name} TEMPLATE template_blink")
    engine = connect(server.url(name))
    first, second = example_bundle(model_dir), example_bundle(model_dir, trained_at=SECOND, seed=1)
    with engine.begin() as connection:
        models.register(connection, registered(first, ModelStatus.CHAMPION))
        models.register(connection, registered(second, ModelStatus.TRAINED))
    scorer = connect(server.url(name), role="blink_scorer")
    with server_thread(settings_of(scorer, model_dir, database_seconds=1.0)) as running:
        yield Served(until_ready(running), engine, admin, name, model_dir, first, second)
    engine.dispose()
    scorer.dispose()
    execute(admin, f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


def settings_of(scorer: Engine, model_dir: Path, *, database_seconds: float) -> ServeSettings:
    return ServeSettings(
        portfolio=PORTFOLIO,
        model_dir=model_dir,
        database=scorer,
        http_port=0,
        grpc_port=0,
        poll_seconds=0.05,
        limits=Limits(database_seconds=database_seconds),
    )


def crown(served: Served, model_id: str) -> None:
    """Make a model the champion."""
    with served.engine.begin() as connection:
        old = update(BLINK_MODELS).where(BLINK_MODELS.c.status == "champion")
        connection.execute(old.values(status="retired"))
        new = update(BLINK_MODELS).where(BLINK_MODELS.c.model_id == model_id)
        connection.execute(new.values(status="champion"))


def audits_of(served: Served, subject_id: str) -> list:
    with served.engine.connect() as connection:
        audits = RISK_SCORE_AUDITS.c
        return connection.execute(select(RISK_SCORE_AUDITS).where(audits.subject_id == subject_id)).all()


def score(served: Served, body: str, **headers: str) -> tuple[int, dict[str, str], dict]:
    status, answered, content = served.server.post("/score", body, headers)
    return status, answered, json.loads(content)
