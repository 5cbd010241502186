"""The loop beside the API: one leads, and it outlives the database and the Kubernetes API being away."""

from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread

import pytest
from sqlalchemy import select

from blink.control.assembly import cluster_loop
from credit.database.errors import BusyError
from credit.database.schema import PROMOTION_EVENTS
from rollout.readiness import Readiness
from tests.postgres.control.registry import FIRST, deploy
from tests.postgres.control.served import CONFIG, away, until
from tests.unit.rollout.api_server import api_server
from tests.unit.rollout.release_example import CASH

READY = {"conditions": [{"type": "Ready", "status": "True"}]}
SLOT = "/apis/serving.kserve.io/v1beta1/namespaces/credit/inferenceservices/blink-cash-advance-blue"


@pytest.fixture
def kubernetes_api():
    with api_server() as server:
        yield server


def new_loop(database, kubernetes_api):
    loop = cluster_loop(CONFIG, database.engine("blink_trainer"), kubernetes_api.cluster())
    loop.rollout.probe = lambda *_: Readiness(ready=True)
    return replace(loop, seconds=0.05)


@contextmanager
def running(loop):
    stop = Event()
    thread = Thread(target=loop.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def shows(loop, line: str) -> bool:
    return line in loop.metrics.page().decode().splitlines()


def routed(kubernetes_api) -> bool:
    if SLOT in kubernetes_api.objects:
        kubernetes_api.objects[SLOT]["status"] = READY
    return any(path.endswith("/httproutes/blink-cash-advance") for path in list(kubernetes_api.objects))


def test_it_brings_a_champion_its_traffic_and_shows_it(database, kubernetes_api):
    loop = new_loop(database, kubernetes_api)
    with running(loop):
        until(lambda: shows(loop, "blink_reconcile_leader 1.0"))
        deploy(database.engine("blink_trainer"), FIRST)
        until(lambda: routed(kubernetes_api))
        until(lambda: shows(loop, 'blink_slot_weight{portfolio="cash_advance",slot="blue"} 100.0'))
        assert shows(loop, f'blink_slot_ready{{model_id="{FIRST.model_id}",portfolio="cash_advance",slot="blue"}} 1.0')
    assert shows(loop, "blink_reconcile_leader 0.0")
    with database.engine().connect() as connection:
        kinds = connection.execute(select(PROMOTION_EVENTS.c.kind)).scalars().all()
    assert sorted(kinds) == ["deploy", "traffic"]


def test_one_leads_and_another_takes_over(database, kubernetes_api):
    first, second = new_loop(database, kubernetes_api), new_loop(database, kubernetes_api)
    with running(first):
        until(lambda: shows(first, "blink_reconcile_leader 1.0"))
        with pytest.raises(BusyError, match="the control loop is running"):
            second.once([CASH])
        with running(second):
            assert shows(second, "blink_reconcile_leader 0.0")
    with running(second):
        until(lambda: shows(second, "blink_reconcile_leader 1.0"))


def test_it_outlives_a_database_that_was_away(database, kubernetes_api, server):
    loop = new_loop(database, kubernetes_api)
    with running(loop):
        until(lambda: shows(loop, "blink_reconcile_leader 1.0"))
        with away(server, database):
            until(lambda: shows(loop, "blink_reconcile_leader 0.0"))
        until(lambda: shows(loop, "blink_reconcile_leader 1.0"))
        deploy(database.engine("blink_trainer"), FIRST)
        until(lambda: routed(kubernetes_api))


def test_it_outlives_a_kubernetes_api_that_was_away(database, kubernetes_api):
    deploy(database.engine("blink_trainer"), FIRST)
    kubernetes_api.refuse[f"GET {SLOT}"] = (500, "etcd is away")
    loop = new_loop(database, kubernetes_api)
    with running(loop):
        until(lambda: not shows(loop, 'blink_reconcile_errors_total{portfolio="cash_advance"} 0.0'))
        kubernetes_api.refuse.clear()
        until(lambda: routed(kubernetes_api))
