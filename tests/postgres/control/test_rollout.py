"""Passes of the control loop over a real database and a real HTTP server in the Kubernetes API's place."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from credit.database.schema import PROMOTION_EVENTS
from rollout.errors import ClusterError
from rollout.readiness import Readiness
from rollout.reconcile import Rollout
from rollout.slots import SetTraffic, Wait, WriteSlot
from tests.postgres.control.registry import CASH, FIRST, NOW, SECOND, deploy
from tests.unit.rollout.api_server import ApiServer, api_server
from tests.unit.rollout.release_example import CASH as PORTFOLIO
from tests.unit.rollout.release_example import RELEASE, SLOT

BLUE, GREEN = "blink-cash-advance-blue", "blink-cash-advance-green"
EVENTS = PROMOTION_EVENTS.c


class Pods:
    """What the pods of a slot answer."""

    def __init__(self) -> None:
        self.proved: set[tuple[str, str]] = set()

    def __call__(self, host: str, model_name: str, model_id: str) -> Readiness:
        if (host.removesuffix("-pods.credit.svc"), model_id) in self.proved:
            return Readiness(ready=True)
        return Readiness(ready=False, message=f"{host} loads {model_id}")


class Release:
    """A release whose loop is driven by hand."""

    def __init__(self, engine, server: ApiServer, settings=RELEASE) -> None:
        self.engine, self.server, self.pods = engine, server, Pods()
        self.rollout = Rollout(settings, server.cluster(), self.pods)

    def step(self, seconds: int = 0):
        with self.engine.connect() as connection:
            now = NOW + timedelta(seconds=seconds)
            return [type(a) for a in self.rollout.reconcile(connection, PORTFOLIO, now=now).actions]

    def prove(self, slot: str, model_id: str) -> None:
        """Let the slot's pods, and KServe, say that the model is ready."""
        self.server.named(slot, "inferenceservices")["status"] = {"conditions": [{"type": "Ready", "status": "True"}]}
        self.pods.proved.add((slot, model_id))

    def weights(self) -> dict[str, int]:
        rules = self.server.named("blink-cash-advance", "httproutes")["spec"]["rules"]
        assert [b["weight"] for b in rules[1]["backendRefs"]] == [b["weight"] for b in rules[2]["backendRefs"]]
        return {b["name"].removesuffix("-predictor"): b["weight"] for b in rules[2]["backendRefs"]}

    def events(self) -> list[tuple]:
        found = select(EVENTS.model_id, EVENTS.decision, EVENTS.figures, EVENTS.reason, EVENTS.actor)
        with self.engine.connect() as connection:
            traffic = found.where(EVENTS.portfolio == CASH, EVENTS.kind == "traffic").order_by(EVENTS.event_id)
            return [tuple(row) for row in connection.execute(traffic)]


@pytest.fixture
def release(database):
    with api_server() as server:
        yield Release(database.engine("blink_trainer"), server)


def first_serves(release: Release) -> None:
    deploy(release.engine, FIRST)
    release.step()
    release.prove(BLUE, FIRST.model_id)
    release.step()


def test_without_a_champion_nothing_is_written(release):
    assert (release.step(), release.server.written(), release.events()) == ([], [], [])


def test_a_champion_is_deployed_once_its_pods_have_proved_it_and_that_is_recorded(release):
    deploy(release.engine, FIRST)
    assert [release.step(), release.step()] == [[WriteSlot], [Wait]]
    release.prove(BLUE, FIRST.model_id)
    assert [release.step(), release.step(), release.step()] == [[SetTraffic], [], []]
    assert release.server.written() == [
        f"PATCH credit/inferenceservices/{BLUE}",
        "PATCH credit/httproutes/blink-cash-advance",
    ]
    assert release.weights() == {BLUE: 100}
    figures = {"slot": "blue", "weights": {"blue": 100, "green": 0}, "previous": None}
    assert release.events() == [(FIRST.model_id, "champion", figures, None, "rollout of blink")]


def test_the_next_champion_takes_over_and_the_way_back_is_a_weight(release):
    first_serves(release)
    deploy(release.engine, SECOND)
    assert [release.step(), release.step()] == [[WriteSlot], [Wait]]
    assert release.weights() == {BLUE: 100}
    release.prove(GREEN, SECOND.model_id)
    release.step()
    assert release.weights() == {BLUE: 0, GREEN: 100}
    release.server.asked.clear()
    deploy(release.engine, FIRST)
    assert [release.step(), release.step()] == [[SetTraffic], []]
    assert release.server.written() == ["PATCH credit/httproutes/blink-cash-advance"]
    assert release.weights() == {BLUE: 100, GREEN: 0}
    assert [(model, figures["previous"]) for model, _, figures, *_ in release.events()] == [
        (FIRST.model_id, None),
        (SECOND.model_id, {"model_id": FIRST.model_id, "slot": "blue"}),
        (FIRST.model_id, {"model_id": SECOND.model_id, "slot": "green"}),
    ]


def test_a_slot_that_is_not_ready_in_time_is_reported_once_and_nothing_moves(release):
    first_serves(release)
    deploy(release.engine, SECOND)
    steps = [release.step(seconds) for seconds in (0, 1, 600, 601, 602, 1300)]
    assert steps == [[WriteSlot], [Wait], [Wait], [Wait], [Wait], [Wait]]
    again = Release(release.engine, release.server)  # another process, which remembers nothing
    assert [again.step(seconds) for seconds in (2000, 2700)] == [[Wait], [Wait]]
    late = {"slot": "green", "generation": 1, "seconds": 600}
    reason = "InferenceService not ready: no condition yet"
    assert release.events()[1:] == [(SECOND.model_id, "not_ready", late, reason, "rollout of blink")]
    assert release.weights() == {BLUE: 100}


def test_whoever_was_killed_between_the_weight_and_its_record_is_made_up_for(release, monkeypatch):
    deploy(release.engine, FIRST)
    release.step()
    release.prove(BLUE, FIRST.model_id)
    with monkeypatch.context() as killed:
        killed.setattr("rollout.reconcile._record_moved", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            release.step()
    assert (release.weights(), release.events()) == ({BLUE: 100}, [])
    assert release.step() == []
    assert [model for model, *_ in release.events()] == [FIRST.model_id]


def test_settings_that_the_chart_changed_reach_both_slots_and_keep_weights(release):
    first_serves(release)
    deploy(release.engine, SECOND)
    release.step()
    release.prove(GREEN, SECOND.model_id)
    release.step()
    upgraded = Release(release.engine, release.server, replace(RELEASE, slot=replace(SLOT, min_available=1)))
    upgraded.pods = release.pods
    upgraded.rollout.probe = release.pods
    assert [upgraded.step(), upgraded.step()] == [[WriteSlot, WriteSlot], []]
    assert upgraded.weights() == {BLUE: 0, GREEN: 100}
    budgets = [upgraded.server.named(slot, "poddisruptionbudgets")["spec"]["minAvailable"] for slot in (BLUE, GREEN)]
    assert budgets == [1, 1]
    # There is no right to delete: a budget that is not wanted any more allows everything.
    release.server.asked.clear()
    assert [release.step(), release.step()] == [[WriteSlot, WriteSlot], []]
    assert len(release.server.written()) == 2
    assert release.server.named(BLUE, "poddisruptionbudgets")["spec"]["minAvailable"] == 0


def test_weights_that_somebody_moved_by_hand_are_put_back(release):
    first_serves(release)
    route = release.server.named("blink-cash-advance", "httproutes")
    route["spec"]["rules"][2]["backendRefs"][0]["weight"] = 1
    assert [release.step(), release.step()] == [[SetTraffic], []]
    assert release.weights() == {BLUE: 100}
    assert len(release.events()) == 1


def test_a_refusal_of_the_api_is_told_and_the_next_pass_goes_on(release):
    deploy(release.engine, FIRST)
    path = f"/apis/serving.kserve.io/v1beta1/namespaces/credit/inferenceservices/{BLUE}"
    release.server.refuse[f"PATCH {path}"] = (403, "no right")
    with pytest.raises(ClusterError, match="no right"):
        release.step()
    release.server.refuse.clear()
    assert release.step() == [WriteSlot]
