"""Since when a slot is waited for, and whether that is too long. Times are passed in."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from rollout.settings import Json
from rollout.slots import Place, Wait

Waiting = tuple[str, str, int]
"""Slot, model and how often the slot was written: a new writing is a new wait."""


class Overdue:
    """Remembers one wait for each portfolio."""

    def __init__(self, ready_seconds: int) -> None:
        self._limit = timedelta(seconds=ready_seconds)
        self._since: dict[str, tuple[Waiting, datetime]] = {}

    def is_late(self, portfolio: str, wait: Wait | None, place: Place, now: datetime) -> Mapping[str, Json] | None:
        """What is waited for, where that has lasted too long; None otherwise."""
        if wait is None:
            self._since.pop(portfolio, None)
            return None
        waiting = (str(wait.slot), wait.model_id, place.slots[wait.slot].generation)
        known, since = self._since.get(portfolio, (None, now))
        if known != waiting:
            self._since[portfolio] = (waiting, now)
            return None
        return {"slot": waiting[0], "generation": waiting[2]} if now - since >= self._limit else None
