"""A server of one bundle, as in a pod: what the registry says of it is followed while it serves."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Event

import grpc
import psycopg2
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
from sqlalchemy import Engine, event, select, text, update

from credit.bundle.reader import Bundle
from credit.database import models
from credit.database.connection import connect
from credit.database.migrate import upgrade
from credit.database.models import ModelStatus
from credit.database.schema import BLINK_MODELS, RISK_SCORE_AUDITS
from predictor.server import Limits, Listening, ServeSettings, serve
from tests.postgres.serving.requests import tensor
from tests.postgres.serving.served import registered
from tests.unit.predictor.serving_example import PORTFOLIO, Server, server_thread, until_ready

NAME = "blink-cash-advance-blue"
ASKED = '{"user_id": "pinned", "features": {}}'


@contextmanager
def pinned(engine: Engine, bundle: Bundle, *, first_look_seconds: float = 60.0) -> Iterator[Server]:
    with server_thread(settings_of(engine, bundle, first_look_seconds)) as running:
        yield until_ready(running)


def settings_of(engine: Engine, bundle: Bundle, first_look_seconds: float) -> ServeSettings:
    return ServeSettings(
        portfolio=PORTFOLIO,
        model_name=NAME,
        bundle=bundle.path,
        database=engine,
        http_port=0,
        grpc_port=0,
        poll_seconds=0.02,
        limits=Limits(database_seconds=1.0, first_look_seconds=first_look_seconds),
    )


def score_until(server: Server, status: int, said: str = "") -> dict:
    """The first answer of `/score` with that status and text."""
    while True:
        given, _, content = server.post("/score", ASKED)
        assert server.alive()
        if given == status and said in content.decode():
            return json.loads(content)


def version_ready(server: Server, bundle: Bundle) -> tuple[int, str]:
    """Status and error of the version's readiness over HTTP."""
    status, _, content = server.get(f"/v2/models/{NAME}/versions/{bundle.model_id}/ready")
    return status, json.loads(content).get("error", "")


def grpc_version_ready(server: Server, bundle: Bundle) -> tuple[grpc.StatusCode, str]:
    """Code and details of the version's readiness over gRPC."""

    async def ask() -> tuple[grpc.StatusCode, str]:
        async with grpc.aio.insecure_channel(server.grpc) as channel:
            try:
                answer = await GRPCInferenceServiceStub(channel).ModelReady(
                    pb.ModelReadyRequest(name=NAME, version=bundle.model_id)
                )
            except grpc.aio.AioRpcError as error:
                return error.code(), error.details() or ""
            assert answer.ready
            return grpc.StatusCode.OK, ""

    return asyncio.run(ask())


def register(database, model) -> None:
    with database.engine("blink_trainer").begin() as connection:
        models.register(connection, model)


def roles(database) -> set[str]:
    with database.engine().connect() as connection:
        return set(connection.execute(select(RISK_SCORE_AUDITS.c.role)).scalars())


def crown(database, bundle: Bundle) -> None:
    with database.engine().begin() as connection:
        wanted = update(BLINK_MODELS).where(BLINK_MODELS.c.model_id == bundle.model_id)
        connection.execute(wanted.values(status="champion"))


def test_it_starts_without_its_database_and_is_audited_when_the_database_answers(new_database, bundle):
    database = new_database("template0")
    with pinned(database.engine("blink_scorer"), bundle) as running:
        infer = json.dumps({"inputs": [tensor()]})
        status, _, content = running.post(f"/v2/models/{NAME}/infer", infer)
        assert (status, json.loads(content)["model_name"]) == (200, NAME)
        said = score_until(running, 503, "schema version none")["error"]
        assert said.endswith("run `blink db migrate`, and a score must leave an audit")
        upgrade(database.engine())
        assert score_until(running, 503, "not registered")["error"] == (
            f"model {bundle.model_id} is not registered in the database, and a score must leave an audit"
        )
        not_registered = f"model {bundle.model_id} is not registered in the database"
        assert version_ready(running, bundle) == (503, not_registered)
        code, said = grpc_version_ready(running, bundle)
        assert (code, said.startswith(not_registered)) == (grpc.StatusCode.UNAVAILABLE, True)
        assert [running.get(path)[0] for path in (f"/v2/models/{NAME}/ready", "/v2/health/ready")] == [200, 200]
        register(database, registered(bundle, ModelStatus.TRAINED))
        assert score_until(running, 200)["model_id"] == bundle.model_id
        assert version_ready(running, bundle)[0] == 200
        assert grpc_version_ready(running, bundle) == (grpc.StatusCode.OK, "")


def test_a_version_that_was_found_registered_stays_ready_while_the_database_is_away(database, bundle):
    register(database, registered(bundle, ModelStatus.CHAMPION))
    engine, refused = database.engine("blink_scorer"), []

    def refuse(*_about):
        refused.append(1)
        raise psycopg2.OperationalError("connection refused")

    with pinned(engine, bundle) as running:
        score_until(running, 200)
        event.listen(engine, "do_connect", refuse)
        engine.dispose()
        while len(refused) < 3:  # the last of them is a look after the first that met no database
            assert running.alive()
        assert running.post("/score", ASKED)[0] == 503
        assert version_ready(running, bundle)[0] == 200
        assert grpc_version_ready(running, bundle) == (grpc.StatusCode.OK, "")


def test_with_nobody_at_the_databases_address_it_serves_what_needs_no_audit(bundle, database):
    with database.engine().begin() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
    nowhere = database.engine("blink_scorer").url.set(database=f"{name}_gone")
    away = connect(nowhere.render_as_string(hide_password=False), role="blink_scorer")
    with pinned(away, bundle) as running:
        said = score_until(running, 503, "the database cannot be reached")["error"]
        assert said.startswith(f"model {bundle.model_id} has not been looked up in the database yet: ")
        assert running.get(f"/v2/models/{NAME}/ready")[0] == 200
        status, said = version_ready(running, bundle)
        assert status == 503
        assert said.startswith(f"model {bundle.model_id} has not been looked up in the database yet: ")
    away.dispose()


def test_its_role_in_audits_follows_the_registry(database, bundle):
    register(database, registered(bundle, ModelStatus.CANARY))
    with pinned(database.engine("blink_scorer"), bundle) as running:
        score_until(running, 200)
        assert roles(database) == {"challenger"}
        crown(database, bundle)
        while roles(database) == {"challenger"}:
            score_until(running, 200)
    assert roles(database) == {"challenger", "champion"}


def test_a_bundle_that_is_not_the_registered_one_is_not_audited(database, bundle):
    register(database, replace(registered(bundle, ModelStatus.CHAMPION), manifest_sha256=bytes(32)))
    with pinned(database.engine("blink_scorer"), bundle) as running:
        said = score_until(running, 503, "is not the one that was registered")["error"]
        assert said.startswith(version_ready(running, bundle)[1])
        assert version_ready(running, bundle)[0] == 503
    assert said == (
        f"the bundle of {bundle.model_id} is not the one that was registered: its manifest has sha256 "
        f"{bundle.manifest_sha256}, not {'0' * 64}, and a score must leave an audit"
    )


@pytest.mark.parametrize(("version", "status"), [("same", 200), ("model_cash_advance_19700101_000000", 404)])
def test_readiness_of_a_version_is_the_loaded_models_alone(scoring, bundle, version, status):
    asked = bundle.model_id if version == "same" else version
    assert scoring.get(f"/v2/models/cash_advance/versions/{asked}/ready")[0] == status


def test_a_server_that_listens_has_looked_its_bundle_up(database, bundle):
    register(database, registered(bundle, ModelStatus.CHAMPION))
    engine, stop, listens = database.engine("blink_scorer"), Event(), Event()
    waited: list[bool] = []
    servers: list[Server] = []

    def wait(*_about):
        if not waited:  # a server that did not wait for its first look would listen meanwhile
            waited.append(listens.wait(1))

    def announce(listening: Listening) -> None:
        servers.append(Server(listening, lambda: True, stop.set))
        listens.set()

    event.listen(engine, "do_connect", wait)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(serve, settings_of(engine, bundle, 60.0), announce=announce, stop=stop)
        try:
            assert listens.wait(60), running.exception()
            assert until_ready(servers[0]).post("/score", ASKED)[0] == 200
        finally:
            stop.set()
            running.result(timeout=30)
    assert waited == [False]


def test_a_database_that_does_not_answer_holds_a_start_up_for_a_bounded_time(database, bundle):
    register(database, registered(bundle, ModelStatus.CHAMPION))
    engine, answers = database.engine("blink_scorer"), Event()
    event.listen(engine, "do_connect", lambda *_about: answers.wait(60) and None)
    try:
        with pinned(engine, bundle, first_look_seconds=0.1) as running:
            assert running.get(f"/v2/models/{NAME}/ready")[0] == 200
            said = f"model {bundle.model_id} has not been looked up in the database yet"
            assert version_ready(running, bundle) == (503, said)
            answers.set()
            assert score_until(running, 200)["model_id"] == bundle.model_id
    finally:
        answers.set()


def test_a_look_is_one_statement_on_the_registry(database, bundle):
    register(database, registered(bundle, ModelStatus.CHAMPION))
    engine, statements = database.engine("blink_scorer"), []
    with pinned(engine, bundle) as running:
        score_until(running, 200)
        event.listen(engine, "before_cursor_execute", lambda *about: statements.append(about[2]))
        while len([one for one in statements if "blink_models" in one]) < 3:
            assert running.alive()
    assert [one for one in statements if "blink_models" not in one and "set_config" not in one] == []
