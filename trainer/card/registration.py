"""What the registry knows of a model, and of the champion that it met."""

from dataclasses import dataclass

from sqlalchemy import Connection

from credit.database import models
from credit.database.models import RegisteredModel
from credit.database.promotion_events import PromotionEvent, champion_at, last_wish


@dataclass(frozen=True, slots=True)
class Registration:
    """A model's row of the registry, with what it was weighed against."""

    model: RegisteredModel
    champion: RegisteredModel | None
    """The portfolio's champion when the model was trained or, where it was wished for, when that was answered."""
    wish: PromotionEvent | None
    """The latest answer to a wish to deploy the model; None where nobody wished it."""


def registration_of(connection: Connection, model_id: str) -> Registration:
    """The registration of a model.

    Raises:
        UnknownModelError: where it has none.
    """
    model, wish = models.get(connection, model_id), last_wish(connection, model_id)
    met = champion_at(connection, model.portfolio, model.created_at) if wish is None else wish.champion_id
    return Registration(model, None if met is None else models.get(connection, met), wish)
