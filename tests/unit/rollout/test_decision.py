"""What is done next for a portfolio: the law that holds in every place, and the ways that people know."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.decision import next_actions
from rollout.slots import Place, SetTraffic, Slot, SlotState, Traffic, Wait, WriteSlot

BLUE, GREEN = Slot.BLUE, Slot.GREEN
OLD, NEW, NEWER = "model_old", "model_new", "model_newer"


def stands(model_id: str, *, ready: bool = True, settled: bool = True) -> SlotState:
    return SlotState(model_id, ready, settled, "" if ready else "loading", 1)


def all_to(slot: Slot, *, named: bool = True) -> Traffic:
    return Traffic({slot: 100, slot.other: 0} if named else {slot: 100}, slot)


MODELS = st.sampled_from([OLD, NEW, NEWER])
STATES = st.builds(stands, MODELS, ready=st.booleans(), settled=st.booleans())
TRAFFIC = st.builds(
    Traffic,
    st.dictionaries(st.sampled_from(Slot), st.sampled_from([0, 5, 25, 50, 95, 100])).filter(lambda w: any(w.values())),
    st.sampled_from(Slot),
)
PLACES = st.builds(
    Place, st.dictionaries(st.sampled_from(Slot), STATES), st.none() | TRAFFIC, route_settled=st.booleans()
)


def weight(traffic: Traffic | None, slot: Slot) -> int:
    return 0 if traffic is None else traffic.weights.get(slot, 0)


@given(MODELS, PLACES)
def test_traffic_only_grows_where_every_pod_has_proved_its_model(champion, place):
    for action in next_actions(champion, place):
        if isinstance(action, SetTraffic):
            for slot in Slot:
                if weight(action.traffic, slot) > weight(place.traffic, slot):
                    assert place.slots[slot].ready
            if place.traffic is None or action.traffic.score is not place.traffic.score:
                assert place.slots[action.traffic.score].ready or weight(place.traffic, action.traffic.score) == 100


@given(MODELS, PLACES)
def test_a_slot_that_carries_traffic_keeps_its_model(champion, place):
    for action in next_actions(champion, place):
        if isinstance(action, WriteSlot) and action.slot in place.slots:
            changes = place.slots[action.slot].model_id != action.model_id
            assert not (changes and place.traffic is not None and place.traffic.carries(action.slot))


@given(PLACES)
def test_without_a_champion_nothing_is_touched(place):
    assert next_actions(None, place) == ()


def after(place: Place, actions) -> Place:
    """What a cluster makes of the actions, once all pods that it starts have become ready."""
    slots, traffic, settled = dict(place.slots), place.traffic, place.route_settled
    for action in actions:
        if isinstance(action, WriteSlot):
            slots[action.slot] = stands(action.model_id)
        elif isinstance(action, SetTraffic):
            traffic, settled = action.traffic, True
        else:
            slots[action.slot] = replace(slots[action.slot], ready=True, message="")
    return Place(slots, traffic, settled)


@given(MODELS, PLACES)
def test_a_healthy_cluster_comes_to_rest_with_all_traffic_on_the_champion(champion, place):
    for _ in range(6):
        actions = next_actions(champion, place)
        if not actions:
            break
        place = after(place, actions)
    assert next_actions(champion, place) == ()
    assert place.traffic is not None
    assert place.slots[place.traffic.score].model_id == champion
    assert {slot: weight(place.traffic, slot) for slot in Slot} == {
        place.traffic.score: 100,
        place.traffic.score.other: 0,
    }


def test_the_first_champion_gets_a_route_when_its_slot_is_ready():
    empty = Place({}, None)
    assert next_actions(NEW, empty) == (WriteSlot(BLUE, NEW),)
    loading = Place({BLUE: stands(NEW, ready=False)}, None)
    assert next_actions(NEW, loading) == (Wait(BLUE, NEW, "loading"),)
    ready = Place({BLUE: stands(NEW)}, None)
    assert next_actions(NEW, ready) == (SetTraffic(all_to(BLUE, named=False)),)
    assert next_actions(NEW, Place(ready.slots, all_to(BLUE, named=False))) == ()


def test_a_new_champion_goes_beside_the_old_one_which_keeps_its_slot():
    serving = Place({BLUE: stands(OLD)}, all_to(BLUE, named=False))
    assert next_actions(NEW, serving) == (WriteSlot(GREEN, NEW),)
    loading = Place({BLUE: stands(OLD), GREEN: stands(NEW, ready=False)}, all_to(BLUE, named=False))
    assert next_actions(NEW, loading) == (Wait(GREEN, NEW, "loading"),)
    ready = Place({BLUE: stands(OLD), GREEN: stands(NEW)}, all_to(BLUE, named=False))
    assert next_actions(NEW, ready) == (SetTraffic(all_to(GREEN)),)


def test_the_way_back_is_a_weight():
    both = Place({BLUE: stands(OLD), GREEN: stands(NEW)}, all_to(GREEN))
    assert next_actions(OLD, both) == (SetTraffic(all_to(BLUE)),)


def test_a_champion_of_which_the_next_one_takes_the_place_before_it_was_ready_loses_its_slot():
    place = Place({BLUE: stands(OLD), GREEN: stands(NEW, ready=False)}, all_to(BLUE))
    assert next_actions(NEWER, place) == (WriteSlot(GREEN, NEWER),)
    assert next_actions(OLD, place) == ()


def test_changed_settings_are_written_with_the_models_that_stand_there_and_move_no_weight():
    place = Place({BLUE: stands(OLD, settled=False), GREEN: stands(NEW, settled=False)}, all_to(GREEN))
    assert next_actions(NEW, place) == (WriteSlot(BLUE, OLD), WriteSlot(GREEN, NEW))
    moved = Place({BLUE: stands(OLD), GREEN: stands(NEW)}, all_to(GREEN), route_settled=False)
    assert next_actions(NEW, moved) == (SetTraffic(all_to(GREEN)),)
    waiting = Place({BLUE: stands(OLD), GREEN: stands(NEW, ready=False)}, all_to(BLUE), route_settled=False)
    assert next_actions(NEW, waiting) == (SetTraffic(all_to(BLUE)), Wait(GREEN, NEW, "loading"))


def test_a_serving_slot_that_is_not_ready_keeps_its_weight():
    place = Place({BLUE: stands(OLD), GREEN: stands(NEW, ready=False)}, all_to(GREEN))
    assert next_actions(NEW, place) == ()


def test_weights_that_a_person_moved_are_moved_back():
    place = Place({BLUE: stands(OLD), GREEN: stands(NEW)}, Traffic({BLUE: 50, GREEN: 50}, GREEN))
    assert next_actions(NEW, place) == (SetTraffic(all_to(GREEN)),)


def test_where_both_slots_serve_a_third_model_waits_until_one_serves_alone():
    shared = Traffic({BLUE: 75, GREEN: 25}, BLUE)
    ready = Place({BLUE: stands(OLD), GREEN: stands(NEW)}, shared)
    assert next_actions(NEWER, ready) == (SetTraffic(all_to(BLUE)),)
    down = Place({BLUE: stands(OLD, ready=False), GREEN: stands(NEW, ready=False)}, shared)
    assert next_actions(NEWER, down) == (Wait(BLUE, OLD, "loading"),)


@pytest.mark.parametrize("beside", [{}, {GREEN: stands(OLD)}])
def test_a_serving_slot_that_somebody_deleted_is_filled_again(beside):
    place = Place(beside, all_to(BLUE))
    assert next_actions(NEW, place) == (WriteSlot(BLUE, NEW),)
