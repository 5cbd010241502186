"""What the rollout did with a portfolio's traffic, beside the decisions that it followed."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Select, desc, insert, select

from credit.database.schema import BLINK_MODELS, PROMOTION_EVENTS
from credit.promotion import Answer

Json = Any
"""A JSON value as `json` reads it."""

_EVENTS = PROMOTION_EVENTS.c


class TrafficDecision(StrEnum):
    """What an event of kind `traffic` says."""

    CHAMPION = "champion"
    """The model has got the champion's traffic."""
    NOT_READY = "not_ready"
    """The model's slot did not become ready in time; no traffic was moved."""


@dataclass(frozen=True, slots=True)
class PromotionEvent:
    """One row of `promotion_events`."""

    event_id: int
    model_id: str
    kind: str
    decision: str
    reason: str | None
    figures: Mapping[str, Json]
    created_at: datetime
    champion_id: str | None
    """The champion that a wish was weighed against; None where there was none."""
    override: bool
    """Whether a person went over the gate."""
    actor: str


_COLUMNS = [_EVENTS[field.name] for field in fields(PromotionEvent)]


def record_traffic(
    connection: Connection,
    portfolio: str,
    model_id: str,
    decision: TrafficDecision,
    *,
    figures: Mapping[str, Json],
    actor: str,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Add an event about a model's traffic."""
    values = {
        "portfolio": portfolio,
        "model_id": model_id,
        "kind": "traffic",
        "decision": decision,
        "actor": actor,
        "reason": reason,
        "figures": dict(figures),
        "created_at": at,
    }
    connection.execute(insert(PROMOTION_EVENTS), values)


def last_traffic(
    connection: Connection, portfolio: str, decision: TrafficDecision, *, model_id: str | None = None
) -> PromotionEvent | None:
    """The latest event about the traffic of a portfolio, or of one model of it; None where there is none."""
    found = select(*_COLUMNS).where(
        _EVENTS.portfolio == portfolio, _EVENTS.kind == "traffic", _EVENTS.decision == decision
    )
    return _latest(connection, found if model_id is None else found.where(_EVENTS.model_id == model_id))


def last_wish(connection: Connection, model_id: str) -> PromotionEvent | None:
    """The latest answer to a wish to deploy a model; None where nobody wished it."""
    return _latest(connection, select(*_COLUMNS).where(_EVENTS.model_id == model_id, _EVENTS.kind == "deploy"))


def champion_at(connection: Connection, portfolio: str, at: datetime) -> str | None:
    """The model that was champion of a portfolio just before a time; None where there was none."""
    found = select(*_COLUMNS).where(
        _EVENTS.portfolio == portfolio,
        _EVENTS.kind == "deploy",
        _EVENTS.decision == Answer.CHAMPION,
        _EVENTS.created_at < at,
    )
    event = _latest(connection, found)
    return None if event is None else event.model_id


def model_of_run(connection: Connection, run_id: UUID) -> str | None:
    """The model that a training run has made; None where it made none."""
    found = select(BLINK_MODELS.c.model_id).where(BLINK_MODELS.c.run_id == run_id).order_by(desc(BLINK_MODELS.c.id))
    return connection.execute(found.limit(1)).scalar_one_or_none()


def _latest(connection: Connection, found: "Select[Any]") -> PromotionEvent | None:
    row = connection.execute(found.order_by(desc(_EVENTS.event_id)).limit(1)).mappings().one_or_none()
    return None if row is None else _event(row)


def _event(row: RowMapping) -> PromotionEvent:
    return PromotionEvent(**{field.name: row[field.name] for field in fields(PromotionEvent)})
