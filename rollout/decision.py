"""What is to be done next so that a portfolio's champion gets its traffic. Pure.

Weight moves only to a slot whose pods have all proved the champion; a slot that carries traffic is never given
another model. What was champion before stays in its slot, so that the way back is a weight and no pod restarts.
"""

from rollout.slots import Action, Place, SetTraffic, Slot, SlotState, Traffic, Wait, WriteSlot

ALL = 100


def next_actions(champion: str | None, place: Place) -> tuple[Action, ...]:
    """The next actions for a portfolio, in order; none where all is as wanted, or where there is no champion."""
    if champion is None:
        return ()
    holder = _holder(champion, place)
    if holder is None:
        return _make_room(champion, place)
    return (*_settled(place), *_lead(holder, place))


def goal(holder: Slot, place: Place) -> Traffic:
    """All traffic to `holder`.

    The other slot is named with weight 0 once its pods are ready, and from then on: a route to a Service that does
    not exist yet is reported as broken.
    """
    weights = {holder: ALL}
    beside = place.slots.get(holder.other)
    named = place.traffic is not None and holder.other in place.traffic.weights
    if beside is not None and (beside.ready or named):
        weights[holder.other] = 0
    return Traffic(weights, holder)


def _holder(champion: str, place: Place) -> Slot | None:
    """The slot in which the champion stands; of two the one that serves, else one that is ready."""

    def preference(slot: Slot) -> tuple[bool, bool]:
        return not _carries(place, slot), not place.slots[slot].ready

    holders = [slot for slot in Slot if slot in place.slots and place.slots[slot].model_id == champion]
    return min(holders, key=preference, default=None)


def _make_room(champion: str, place: Place) -> tuple[Action, ...]:
    """Put the champion, which stands nowhere, into a slot that serves nobody."""
    target = _free_slot(place)
    if target is not None:
        return (*_settled(place, but=target), WriteSlot(target, champion))
    # Both carry traffic: one has to take it all first, and only one that is ready may.
    ready = [slot for slot, state in place.slots.items() if state.ready]
    if not ready:
        slot, state = max(place.slots.items(), key=lambda item: _weight(place, item[0]))
        return (*_settled(place), Wait(slot, state.model_id, state.message))
    return (*_settled(place), SetTraffic(goal(max(ready, key=lambda slot: _weight(place, slot)), place)))


def _free_slot(place: Place) -> Slot | None:
    """A slot that serves nobody: first one in which nothing stands, then one that is not ready."""

    def preference(slot: Slot) -> tuple[bool, bool, bool]:
        state = place.slots.get(slot)
        # Where traffic goes to a slot that is gone, filling it brings the traffic back.
        return state is not None, not _carries(place, slot), state is not None and state.ready

    free = [slot for slot in Slot if slot not in place.slots or not _carries(place, slot)]
    return min(free, key=preference, default=None)


def _lead(holder: Slot, place: Place) -> tuple[Action, ...]:
    """Bring the traffic to the slot in which the champion stands."""
    wanted, state = goal(holder, place), place.slots[holder]
    if wanted.splits_like(place.traffic) or state.ready:
        return () if wanted == place.traffic and place.route_settled else (SetTraffic(wanted),)
    wait = Wait(holder, state.model_id, state.message)
    if place.traffic is not None and not place.route_settled:
        return (SetTraffic(place.traffic), wait)
    return (wait,)


def _settled(place: Place, *, but: Slot | None = None) -> tuple[WriteSlot, ...]:
    """What brings each slot, with the model that stands in it, to changed settings."""

    def unsettled(slot: Slot, state: SlotState) -> bool:
        return slot is not but and not state.settled

    return tuple(WriteSlot(slot, state.model_id) for slot, state in place.slots.items() if unsettled(slot, state))


def _carries(place: Place, slot: Slot) -> bool:
    return place.traffic is not None and place.traffic.carries(slot)


def _weight(place: Place, slot: Slot) -> int:
    return 0 if place.traffic is None else place.traffic.weights.get(slot, 0)
