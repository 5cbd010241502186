from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import IntegrityError

from credit.database import models
from credit.database.errors import BusyError
from credit.database.models import ModelStatus, RegisteredModel
from credit.database.schema import PIPELINE_RUNS, PROMOTION_EVENTS
from credit.database.training_runs import RunWish, close_run, training_run
from credit.portfolios import PortfolioName
from credit.promotion import Answer, Decision, DeployWish

CASH = PortfolioName("cash_advance")
NOW = datetime(2024, 6, 1, tzinfo=UTC)
OLD = RegisteredModel(
    model_id="model_cash_advance_20240601_000000",
    portfolio=CASH,
    batch_id=None,
    algorithm="lightgbm",
    model_path="model_cash_advance_20240601_000000",
    manifest_sha256=bytes(32),
    metrics={"roc_auc": 0.75},
    feature_importance=({"metric": "metric_total_balance", "share": 1.0},),
    status=ModelStatus.TRAINED,
    run_id=None,
    fitted_until=NOW - timedelta(days=90),
    created_at=NOW,
)
NEW = replace(OLD, model_id="model_cash_advance_20240608_000000", created_at=NOW + timedelta(days=7))
PROMOTED = Decision(Answer.CHAMPION, "there is no champion yet")


@pytest.fixture
def connection(database):
    with database.engine("blink_trainer").connect() as connection:
        yield connection


def decide(connection: Connection, wish: DeployWish, decision: Decision) -> None:
    models.lock_deployments(connection, CASH)
    models.apply_decision(connection, CASH, wish, decision, figures={"rows": 9}, actor="train", at=NOW)


def test_a_registered_model_is_read_back_whole(connection):
    models.register(connection, OLD)
    models.register(connection, NEW)
    assert models.get(connection, OLD.model_id) == OLD
    assert models.list_models(connection, CASH) == (NEW, OLD)
    assert models.list_models(connection, PortfolioName("trade_credit")) == ()
    assert models.champion(connection, CASH) is None


def test_an_id_is_never_reused(connection):
    models.register(connection, OLD)
    with pytest.raises(models.ModelExistsError, match=OLD.model_id):
        models.register(connection, OLD)
    assert models.list_models(connection) == (OLD,)


def test_an_unknown_model_is_named(connection):
    with pytest.raises(models.UnknownModelError, match="model_x"):
        models.get(connection, "model_x")


def test_a_new_champion_retires_the_old_one_in_the_same_transaction(connection):
    for model in (OLD, NEW):
        models.register(connection, model)
    decide(connection, DeployWish(OLD.model_id, None), PROMOTED)
    decide(connection, DeployWish(NEW.model_id, OLD.model_id), PROMOTED)
    assert models.champion(connection, CASH) == replace(NEW, status=ModelStatus.CHAMPION)
    assert models.get(connection, OLD.model_id).status is ModelStatus.RETIRED


def test_a_refused_challenger_is_rejected_and_the_champion_stays(connection):
    for model in (OLD, NEW):
        models.register(connection, model)
    decide(connection, DeployWish(OLD.model_id, None), PROMOTED)
    decide(connection, DeployWish(NEW.model_id, OLD.model_id), Decision(Answer.REFUSED, "worse"))
    assert models.champion(connection, CASH) == replace(OLD, status=ModelStatus.CHAMPION)
    assert models.get(connection, NEW.model_id).status is ModelStatus.REJECTED
    last = connection.execute(select(PROMOTION_EVENTS).order_by(PROMOTION_EVENTS.c.event_id.desc())).first()
    assert last is not None
    assert last[1:] == (
        CASH,
        NEW.model_id,
        OLD.model_id,
        "deploy",
        "refused",
        False,
        "train",
        "worse",
        {"rows": 9},
        NOW,
    )


def test_a_freeze_lasts_until_it_is_thawed(connection):
    models.register(connection, OLD)
    event = {
        "portfolio": CASH,
        "model_id": OLD.model_id,
        "decision": "done",
        "actor": "anna",
        "figures": {},
        "created_at": NOW,
    }
    seen = [models.is_frozen(connection, CASH)]
    for kind in ("freeze", "deploy", "thaw"):
        connection.execute(insert(PROMOTION_EVENTS), {**event, "kind": kind})
        seen.append(models.is_frozen(connection, CASH))
    assert seen == [False, True, True, False]


def test_the_registry_view_has_the_columns_of_the_requirement(connection):
    models.register(connection, OLD)
    row = connection.execute(text("SELECT * FROM blink.model_registry")).mappings().one()
    assert list(row) == [
        *("id", "model_id", "batch_id", "model_type", "model_path", "metrics", "feature_importance", "status"),
        "created_at",
    ]


def test_there_is_one_champion_a_portfolio(connection):
    models.register(connection, replace(OLD, status=ModelStatus.CHAMPION))
    with pytest.raises(IntegrityError, match="blink_models_champion_key"):
        models.register(connection, replace(NEW, status=ModelStatus.CHAMPION))


def states(database) -> list[tuple[str, str | None]]:
    with database.engine("blink_reader").connect() as connection:
        found = select(PIPELINE_RUNS.c.state, PIPELINE_RUNS.c.outcome["error"].astext).order_by(
            PIPELINE_RUNS.c.started_at
        )
        return [tuple(row) for row in connection.execute(found)]


def test_a_second_run_of_a_living_one_is_told_to_wait(database):
    engine = database.engine("blink_trainer")
    with (
        training_run(engine, RunWish(CASH, as_of=NOW), now=NOW),
        pytest.raises(BusyError, match="cash_advance"),
        training_run(engine, RunWish(CASH, as_of=NOW), now=NOW),
    ):
        pass


def test_a_run_that_ends_is_closed_with_its_outcome(database):
    engine = database.engine("blink_trainer")
    with training_run(engine, RunWish(CASH, as_of=NOW), now=NOW) as run, engine.begin() as connection:
        close_run(connection, run, state="succeeded", outcome={"model_id": "m"}, now=NOW)
    with pytest.raises(ZeroDivisionError), training_run(engine, RunWish(CASH, as_of=NOW), now=NOW + timedelta(hours=1)):
        _ = 1 / 0
    assert states(database) == [("succeeded", None), ("failed", "ZeroDivisionError: division by zero")]


def test_a_killed_run_is_taken_over(database):
    engine = database.engine("blink_trainer")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO blink.pipeline_runs (run_id, kind, portfolio, as_of, pg_snapshot, state, started_at)"
                " VALUES (gen_random_uuid(), 'train', 'cash_advance', :now, pg_current_snapshot(), 'running', :now)"
            ),
            {"now": NOW},
        )
    later = NOW + timedelta(hours=1)
    with training_run(engine, RunWish(CASH, as_of=NOW), now=later) as run, engine.begin() as connection:
        close_run(connection, run, state="refused", outcome={}, now=later)
    assert states(database) == [("failed", "killed before it ended"), ("refused", None)]
