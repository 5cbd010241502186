"""A portfolio's two places on a cluster, what stands in them, and how traffic is split between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Slot(StrEnum):
    """A place for a model, whatever its role is now."""

    BLUE = "blue"
    GREEN = "green"

    @property
    def other(self) -> "Slot":
        """The slot beside it."""
        return Slot.GREEN if self is Slot.BLUE else Slot.BLUE


@dataclass(frozen=True, slots=True)
class SlotState:
    """What stands in a slot."""

    model_id: str
    ready: bool
    """Every pod has proved this very model on its golden rows, and serves it."""
    settled: bool
    """Its objects are as the settings want them."""
    message: str = ""
    """Why it is not ready, in the words of who said so."""
    generation: int = 0
    """Of its InferenceService: a number of how often it was written."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """How a portfolio's requests are split."""

    weights: Mapping[Slot, int]
    """Percent of REST and gRPC requests by slot; a slot that is not named gets none."""
    score: Slot
    """Where `/score` goes: the champion."""

    def carries(self, slot: Slot) -> bool:
        """Whether any request goes to the slot."""
        return self.weights.get(slot, 0) > 0 or self.score is slot

    def splits_like(self, other: "Traffic | None") -> bool:
        """Whether every request would go where the other sends it; naming a slot with weight 0 changes nothing."""
        if other is None or self.score is not other.score:
            return False
        return all(self.weights.get(slot, 0) == other.weights.get(slot, 0) for slot in Slot)


@dataclass(frozen=True, slots=True)
class Place:
    """All that is known of a portfolio's objects on the cluster."""

    slots: Mapping[Slot, SlotState]
    """The slots in which something stands."""
    traffic: Traffic | None
    """None where there is no route yet."""
    route_settled: bool = True
    """The route is as the settings want it, whatever its weights are."""


@dataclass(frozen=True, slots=True)
class WriteSlot:
    """Put a model into a slot, or the same model with other settings."""

    slot: Slot
    model_id: str


@dataclass(frozen=True, slots=True)
class SetTraffic:
    """Write the route."""

    traffic: Traffic


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be done until a slot is ready."""

    slot: Slot
    model_id: str
    message: str


Action = WriteSlot | SetTraffic | Wait
