"""When `blink rollout wait` ends, and how."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from credit.database.promotion_events import PromotionEvent
from rollout.overdue import Overdue
from rollout.slots import Place, Slot, SlotState, Wait
from rollout.waiting import Ending, Standing, judge

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def event(event_id: int, decision: str, kind: str = "traffic", **figures: object) -> PromotionEvent:
    return PromotionEvent(event_id, "m", kind, decision, "a reason", figures, NOW, None, False, "trainer")


DEPLOYED = Standing("succeeded", "m", event(5, "champion", "deploy"), "m", None, None)


@pytest.mark.parametrize(
    ("standing", "ending"),
    [
        (replace(DEPLOYED, run_state="requested"), Ending.NOT_YET),
        (replace(DEPLOYED, run_state="running"), Ending.NOT_YET),
        (replace(DEPLOYED, run_state="failed"), Ending.FAILED),
        (replace(DEPLOYED, run_state="refused", model_id=None), Ending.DONE),
        (replace(DEPLOYED, wish=None), Ending.DONE),
        (replace(DEPLOYED, wish=event(5, "refused", "deploy"), champion="other"), Ending.DONE),
        (replace(DEPLOYED, wish=event(5, "awaiting_approval", "deploy"), champion=None), Ending.DONE),
        (replace(DEPLOYED, champion="newer"), Ending.DONE),
        (DEPLOYED, Ending.NOT_YET),
        (replace(DEPLOYED, moved=event(4, "champion", slot="blue")), Ending.NOT_YET),
        (replace(DEPLOYED, moved=event(6, "champion", slot="blue")), Ending.DONE),
        (replace(DEPLOYED, late=event(4, "not_ready", slot="blue")), Ending.NOT_YET),
        (replace(DEPLOYED, late=event(6, "not_ready", slot="blue")), Ending.FAILED),
        (replace(DEPLOYED, late=event(6, "not_ready"), moved=event(7, "champion")), Ending.DONE),
    ],
)
def test_a_wait_ends_when_traffic_has_moved_or_never_will(standing, ending):
    assert judge(standing, by_itself=False)[0] is ending


def test_on_one_machine_a_champion_needs_no_traffic_moved():
    assert judge(DEPLOYED, by_itself=True) == (
        Ending.DONE,
        "m is champion; the server on this machine follows by itself",
    )


def test_a_slot_is_late_after_its_seconds_and_a_new_writing_begins_anew():
    overdue, wait = Overdue(600), Wait(Slot.BLUE, "m", "loading")

    def at(seconds: int, generation: int = 1, wait: Wait | None = wait):
        place = Place({Slot.BLUE: SlotState("m", ready=False, settled=True, generation=generation)}, None)
        return overdue.is_late("cash_advance", wait, place, NOW + timedelta(seconds=seconds))

    assert [at(0), at(599), at(600)] == [None, None, {"slot": "blue", "generation": 1}]
    assert [at(601, 2), at(1200, 2), at(1201, 2)] == [None, None, {"slot": "blue", "generation": 2}]
    assert [at(1202, 2, None), at(1203, 2)] == [None, None]
