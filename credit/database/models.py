"""The registry of models: what was trained, which one is champion, and the decisions that made it so."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, desc, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from credit.database.errors import DatabaseError
from credit.database.schema import BLINK_MODELS, PROMOTION_EVENTS
from credit.portfolios import PortfolioName
from credit.promotion import Answer, Decision, DeployWish

Json = Any
"""A JSON value as `json` reads it."""


class UnknownModelError(DatabaseError):
    """No model of that id is registered."""


class ModelExistsError(DatabaseError):
    """A model of that id is registered already; ids are never reused."""


class ModelStatus(StrEnum):
    """Where a model is on its way (DESIGN 8)."""

    TRAINED = "trained"
    SHADOW = "shadow"
    CANARY = "canary"
    CHAMPION = "champion"
    REJECTED = "rejected"
    ROLLED_BACK = "rolled_back"
    RETIRED = "retired"
    REFUSED = "refused"
    """A quality gate kept it from having a bundle."""


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """One row of `blink_models`."""

    model_id: str
    portfolio: str
    batch_id: str | None
    algorithm: str
    model_path: str | None
    """Of the bundle, relative to MODEL_DIR."""
    manifest_sha256: bytes | None
    metrics: Mapping[str, Json]
    feature_importance: tuple[Mapping[str, Json], ...]
    """From the most to the least important."""
    status: ModelStatus
    run_id: UUID | None
    fitted_until: datetime | None
    """Time of the last row that shaped the model: evidence for it lies later."""
    created_at: datetime


_COLUMNS = [BLINK_MODELS.c[field.name] for field in fields(RegisteredModel)]


def register(connection: Connection, model: RegisteredModel) -> None:
    """Add a model to the registry.

    Raises:
        ModelExistsError: where its id is taken.
    """
    values = asdict(model)
    values["feature_importance"] = list(values["feature_importance"])
    try:
        with connection.begin_nested():
            connection.execute(insert(BLINK_MODELS), values)
    except IntegrityError as error:
        if "blink_models_pkey" not in str(error):
            raise
        raise ModelExistsError(f"model {model.model_id} is registered already: ids are never reused") from error


def champion(connection: Connection, portfolio: PortfolioName) -> RegisteredModel | None:
    """The deployed model of a portfolio; None where there is none."""
    found = select(*_COLUMNS).where(
        BLINK_MODELS.c.portfolio == portfolio, BLINK_MODELS.c.status == ModelStatus.CHAMPION
    )
    row = connection.execute(found).mappings().one_or_none()
    return None if row is None else _model(row)


def get(connection: Connection, model_id: str) -> RegisteredModel:
    """The model of that id.

    Raises:
        UnknownModelError: where there is none.
    """
    row = connection.execute(select(*_COLUMNS).where(BLINK_MODELS.c.model_id == model_id)).mappings().one_or_none()
    if row is None:
        raise UnknownModelError(f"no model {model_id!r} is registered: see blink model list")
    return _model(row)


def exists(connection: Connection, model_id: str) -> bool:
    """Whether a model of that id is registered."""
    found = select(BLINK_MODELS.c.id).where(BLINK_MODELS.c.model_id == model_id)
    return connection.execute(found).first() is not None


def list_models(connection: Connection, portfolio: PortfolioName | None = None) -> tuple[RegisteredModel, ...]:
    """All models, or those of a portfolio, the newest first."""
    found = select(*_COLUMNS).order_by(desc(BLINK_MODELS.c.created_at), desc(BLINK_MODELS.c.id))
    if portfolio is not None:
        found = found.where(BLINK_MODELS.c.portfolio == portfolio)
    return tuple(_model(row) for row in connection.execute(found).mappings())


def is_frozen(connection: Connection, portfolio: PortfolioName) -> bool:
    """Whether a person has frozen the portfolio's deployments and nobody has thawed them since."""
    last = (
        select(PROMOTION_EVENTS.c.kind)
        .where(PROMOTION_EVENTS.c.portfolio == portfolio, PROMOTION_EVENTS.c.kind.in_(["freeze", "thaw"]))
        .order_by(desc(PROMOTION_EVENTS.c.event_id))
        .limit(1)
    )
    return connection.execute(last).scalar_one_or_none() == "freeze"


def lock_deployments(connection: Connection, portfolio: PortfolioName) -> None:
    """Let one transaction at a time decide who is champion; held until it ends."""
    key = func.hashtextextended(f"blink.deploy:{portfolio}", 0)
    connection.execute(select(func.pg_advisory_xact_lock(key)))


def apply_decision(
    connection: Connection,
    portfolio: PortfolioName,
    wish: DeployWish,
    decision: Decision,
    *,
    figures: Mapping[str, Json],
    actor: str,
    at: datetime,
) -> None:
    """Record a decision on a wish with its figures, and change the models' status by it.

    The caller holds `lock_deployments` since before the champion was read, so that nobody else decided meanwhile.
    """
    connection.execute(
        insert(PROMOTION_EVENTS),
        {
            "portfolio": portfolio,
            "model_id": wish.challenger,
            "champion_id": wish.champion,
            "kind": "deploy",
            "decision": decision.answer,
            "override": decision.overridden,
            "actor": actor,
            "reason": decision.reason,
            "figures": dict(figures),
            "created_at": at,
        },
    )
    if decision.answer is Answer.CHAMPION:
        _set_status(connection, wish.champion, ModelStatus.RETIRED)
        _set_status(connection, wish.challenger, ModelStatus.CHAMPION)
    elif decision.answer is Answer.REFUSED:
        _set_status(connection, wish.challenger, ModelStatus.REJECTED)


def _set_status(connection: Connection, model_id: str | None, status: ModelStatus) -> None:
    if model_id is not None:
        connection.execute(update(BLINK_MODELS).where(BLINK_MODELS.c.model_id == model_id).values(status=status))


def _model(row: Mapping[Any, Any]) -> RegisteredModel:
    values = cast("dict[str, Any]", dict(row))
    values["status"] = ModelStatus(values["status"])
    values["feature_importance"] = tuple(values["feature_importance"])
    if values["manifest_sha256"] is not None:
        values["manifest_sha256"] = bytes(values["manifest_sha256"])
    return RegisteredModel(**values)
