"""A model that the first request loads."""

import asyncio
import json
from threading import Event

import pytest

from credit.bundle.errors import BundleError
from credit.model_store.errors import ModelStoreAwayError
from predictor.deployment import ASLEEP, Deployment
from predictor.errors import UnavailableError
from predictor.first_request import FirstRequest, Pauses
from predictor.metrics import Metrics
from predictor.worker_states import WorkerPlace, WorkerStates
from tests.unit.predictor.stub_bundle import SumEngine, deployed

AT_ONCE = Pauses(request_seconds=10.0, first_seconds=0.0, most_seconds=0.0)
SERVED = "stub"


class Loading:
    """Loads when it may, after as many failures as it was told; counts its tries."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.tries = 0
        self.may = Event()
        self.told: list[str] = []

    def load(self) -> None:
        self.may.wait()
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)

    def first(self, *, pauses: Pauses = AT_ONCE, ended: Event | None = None) -> FirstRequest:
        return FirstRequest(self.load, self.told.append, ended or Event(), pauses)


async def until_loaded(first: FirstRequest) -> None:
    while True:
        try:
            return await first.loaded()
        except UnavailableError:
            await asyncio.sleep(0)


def test_all_who_ask_meanwhile_wait_for_one_loading():
    loading = Loading()
    first = loading.first()

    async def ask() -> None:
        asked = [asyncio.ensure_future(first.loaded()) for _ in range(50)]
        await asyncio.sleep(0)
        assert not any(one.done() for one in asked)
        loading.may.set()
        await asyncio.gather(*asked)
        await first.loaded()

    assert loading.tries == 0
    asyncio.run(ask())
    assert (loading.tries, loading.told) == (1, [])


def test_who_waits_too_long_is_told_to_come_again_and_the_loading_goes_on():
    loading = Loading()
    first = loading.first(pauses=Pauses(request_seconds=0.0))

    async def ask() -> None:
        for _ in range(3):
            with pytest.raises(UnavailableError, match="it is being loaded since a request asked for it"):
                await first.loaded()
        loading.may.set()
        await until_loaded(first)

    asyncio.run(ask())
    assert loading.tries == 1


def test_a_try_that_fails_is_told_to_who_waits_and_others_follow_without_being_asked():
    away, damaged = ModelStoreAwayError("s3://b does not answer"), BundleError("forest.bin: damaged")
    loading = Loading(away, damaged, ZeroDivisionError("of nobody's business"))
    loading.may.set()
    first = loading.first()

    async def ask() -> None:
        with pytest.raises(UnavailableError, match="no model is ready: s3://b does not answer"):
            await first.loaded()
        await until_loaded(first)

    asyncio.run(ask())
    told = ["s3://b does not answer", "forest.bin: damaged", "loading it failed: ZeroDivisionError"]
    assert (loading.tries, loading.told) == (4, told)


def test_between_two_tries_the_reason_is_said_at_once():
    loading, ended = Loading(BundleError("forest.bin: damaged")), Event()
    loading.may.set()
    first = loading.first(pauses=Pauses(10.0, first_seconds=1000.0), ended=ended)

    async def ask() -> None:
        for _ in range(2):
            with pytest.raises(UnavailableError, match=r"forest\.bin: damaged"):
                await first.loaded()

    asyncio.run(ask())
    ended.set()
    assert loading.tries == 1


def test_a_deployment_that_sleeps_is_ready_and_says_so_until_a_try_fails(tmp_path):
    states = [WorkerStates(WorkerPlace(number, 2, tmp_path)) for number in range(2)]
    deployment, other = (Deployment(Metrics(), one) for one in states)
    for one, states_of in zip((deployment, other), states, strict=True):
        states_of.tell(listening=True)
        assert not one.ready
        one.load_on(Loading().first())
    assert deployment.asleep
    assert deployment.ready
    deployment.check_all_ready()
    deployment.check_ready(SERVED, SERVED, None)
    with pytest.raises(UnavailableError, match=f"no model is ready: {ASLEEP}"):
        deployment.check_ready(SERVED, SERVED, "model_stub_20260101_000000")
    other.refused("s3://b does not answer")
    with pytest.raises(UnavailableError, match="worker 2 of 2: s3://b does not answer"):
        deployment.check_all_ready()
    assert not deployment.ready
    other.replace(deployed(SumEngine()))
    deployment.hold("a spool is drained")
    assert not deployment.ready
    with pytest.raises(UnavailableError, match="not ready yet: a spool is drained"):
        deployment.check_all_ready()
    deployment.release()
    assert deployment.ready


def test_who_wants_the_model_has_it_loaded_and_later_ones_pay_nothing():
    deployment, loading = Deployment(Metrics()), Loading()
    loading.may.set()
    load = loading.load
    loading.load = lambda: (load(), deployment.replace(deployed(SumEngine())))
    deployment.load_on(loading.first())

    async def ask() -> str:
        for _ in range(3):
            await deployment.wanted()
        return deployment.current().bundle.model_id

    assert asyncio.run(ask()) == "model_stub_20260101_000000"
    assert (loading.tries, deployment.asleep, deployment.ready) == (1, False, True)


def test_workers_without_a_model_yet_have_no_version(tmp_path):
    states = WorkerStates(WorkerPlace(0, 1, tmp_path))
    states.tell(listening=True)
    Deployment(Metrics(), states).load_on(Loading().first())
    assert json.loads((tmp_path / "worker_0.json").read_text())["trouble"] == ""
    assert (states.trouble(), states.trouble("m")) == ("", "worker 1 of 1: has no model yet")


def test_one_who_leaves_takes_the_loading_from_nobody():
    loading = Loading()
    first = loading.first()

    async def ask() -> None:
        stays, leaves = (asyncio.ensure_future(first.loaded()) for _ in range(2))
        await asyncio.sleep(0)
        leaves.cancel()
        await asyncio.wait([leaves])
        loading.may.set()
        await stays

    asyncio.run(ask())
    assert loading.tries == 1
