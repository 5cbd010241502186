"""Whether what a training run decided has come about. Pure."""

from dataclasses import dataclass
from enum import Enum, auto

from credit.database.promotion_events import PromotionEvent
from credit.promotion import Answer


class Ending(Enum):
    """How a wait stands."""

    NOT_YET = auto()
    DONE = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a training run and of its model's traffic."""

    run_state: str
    model_id: str | None
    """The model that the run has made."""
    wish: PromotionEvent | None
    """The latest answer to the wish to deploy it."""
    champion: str | None
    """Of the portfolio, now."""
    moved: PromotionEvent | None
    """The latest event that says that it has its traffic."""
    late: PromotionEvent | None
    """The latest event that says that its slot is not ready."""


def judge(standing: Standing, *, by_itself: bool) -> tuple[Ending, str]:
    """How it stands, and a sentence. `by_itself`: the server follows the champion, no weights are moved."""
    if standing.run_state in {"requested", "running"}:
        return Ending.NOT_YET, f"the run is {standing.run_state}"
    if standing.run_state == "failed":
        return Ending.FAILED, "the run has failed"
    if standing.model_id is None or standing.wish is None:
        return Ending.DONE, "the run asked for no traffic"
    if standing.wish.decision != Answer.CHAMPION:
        return Ending.DONE, f"{standing.model_id} gets no traffic: {standing.wish.decision}, {standing.wish.reason}"
    if standing.champion != standing.model_id:
        return Ending.DONE, f"{standing.model_id} is no longer champion; {standing.champion or 'nobody'} is"
    return _traffic(standing, standing.wish, by_itself=by_itself)


def _traffic(standing: Standing, wish: PromotionEvent, *, by_itself: bool) -> tuple[Ending, str]:
    if by_itself:
        return Ending.DONE, f"{standing.model_id} is champion; the server on this machine follows by itself"
    if standing.moved is not None and standing.moved.event_id > wish.event_id:
        return Ending.DONE, f"{standing.model_id} has all traffic in slot {standing.moved.figures.get('slot')}"
    if standing.late is not None and standing.late.event_id > wish.event_id:
        slot = standing.late.figures.get("slot")
        return Ending.FAILED, f"{standing.model_id} is not ready in slot {slot}: {standing.late.reason}"
    return Ending.NOT_YET, f"{standing.model_id} is champion and has not got its traffic yet"
