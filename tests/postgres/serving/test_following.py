"""A server whose database goes away, and whose champion changes."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Event

from sqlalchemy import text

from credit.database import models
from credit.database.models import ModelStatus
from tests.postgres.serving.served import Served, audits_of, crown, execute, registered, score, settings_of
from tests.unit.predictor.serving_example import (
    A2_BODY,
    FIRST,
    NAMES,
    Server,
    example_bundle,
    server_thread,
    until_ready,
)


@contextmanager
def database_away(served: Served) -> Iterator[None]:
    execute(served.admin, f"ALTER DATABASE {served.name} ALLOW_CONNECTIONS false")
    try:
        execute(
            served.admin,
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{served.name}'",
        )
        yield
    finally:
        execute(served.admin, f"ALTER DATABASE {served.name} ALLOW_CONNECTIONS true")


def test_with_the_database_away_nothing_is_scored_unaudited(served):
    served.engine.dispose()
    with database_away(served):
        status, headers, answer = score(served, '{"user_id": "away", "features": {}}')
        assert (status, headers["retry-after"]) == (503, "2")
        assert answer["error"] == "the database cannot be reached", "and no path of its socket"
        assert served.server.get("/v2/health/ready")[0] == 200
        inputs = [{"name": "rows", "shape": [1, len(NAMES)], "datatype": "FP64", "data": [1.5] * len(NAMES)}]
        assert served.server.post("/v2/models/cash_advance/infer", json.dumps({"inputs": inputs}))[0] == 200
    assert score(served, '{"user_id": "away", "features": {}}')[0] == 200
    assert len(audits_of(served, "away")) == 1


def test_a_database_that_does_not_answer_in_time_is_away(served):
    with served.engine.begin() as connection:
        connection.execute(text("LOCK TABLE blink.audit_batches IN ACCESS EXCLUSIVE MODE"))
        status, headers, answer = score(served, '{"user_id": "slow", "features": {}}')
    assert (status, headers["retry-after"]) == (503, "2")
    assert "timeout" in answer["error"]
    assert audits_of(served, "slow") == []


def model_versions(served: Served, until: str, stop: Event) -> list[tuple[int, str]]:
    """Statuses and versions of answers, one request after another, until `until` answers."""
    seen: list[tuple[int, str]] = []
    while not stop.is_set() and (not seen or seen[-1][1] != until):
        status, _, answer = score(served, '{"user_id": "swapped", "features": {}}')
        seen.append((status, answer.get("model_version", "")))
    return seen


def test_a_new_champion_takes_over_without_a_failed_request(served):
    stop = Event()
    with ThreadPoolExecutor(4) as pool:
        try:
            for bundle in (served.second, served.first):
                running = [pool.submit(model_versions, served, bundle.model_id, stop) for _ in range(3)]
                crown(served, bundle.model_id)
                seen = [future.result(timeout=120) for future in running]
                assert {status for answers in seen for status, _ in answers} == {200}
                for answers in seen:
                    versions = [version for _, version in answers]
                    assert versions == sorted(versions, key=lambda version: version == bundle.model_id)
        finally:
            stop.set()


def refusals(served: Served) -> float:
    page = served.server.get("/metrics")[2].decode()
    (line,) = [line for line in page.splitlines() if line.startswith("blink_model_refusals_total")]
    return float(line.split()[-1])


def test_a_damaged_champion_leaves_the_old_one_serving(served):
    damaged = example_bundle(served.model_dir, trained_at=FIRST + timedelta(days=14), seed=2)
    file = damaged.path / "calibration.json"
    file.write_bytes(file.read_bytes().replace(b"1.25", b"1.26"))
    with served.engine.begin() as connection:
        models.register(connection, registered(damaged, ModelStatus.TRAINED))
    before = refusals(served)
    crown(served, damaged.model_id)
    try:
        while refusals(served) == before:
            assert served.server.alive()
        status, _, answer = score(served, '{"user_id": "kept", "features": {}}')
        assert (status, answer["model_id"]) == (200, served.first.model_id)
    finally:
        crown(served, served.first.model_id)


def test_a_server_is_live_at_once_and_ready_when_there_is_a_champion(database, tmp_path):
    with server_thread(settings_of(database.engine("blink_scorer"), tmp_path, database_seconds=5.0)) as running:
        assert running.get("/v2/health/live")[0] == 200
        while "has no champion" not in (said := running.get("/v2/health/ready")[2].decode()):
            assert running.alive()
        assert json.loads(said)["error"] == (
            "no model is ready: portfolio cash_advance has no champion: train one with --deploy"
        )
        assert running.post("/score", A2_BODY)[0] == 503
        with database.engine("blink_trainer").begin() as connection:
            models.register(connection, registered(example_bundle(tmp_path), ModelStatus.CHAMPION))
        assert until_ready(running).post("/score", A2_BODY)[0] == 200


def waits_for_a_lock(served: Served) -> bool:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND wait_event_type = 'Lock'")
    with served.admin.connect() as connection:
        return connection.execute(waiting, {"name": served.name}).scalar_one() > 0


def accepts_connections(server: Server) -> bool:
    try:
        server.get("/v2/health/live")
    except ConnectionError:
        return False
    return True


def test_what_has_begun_is_finished_at_the_end(served):
    settings = settings_of(served.engine, served.model_dir, database_seconds=20.0)
    settings = replace(settings, limits=replace(settings.limits, goodbye_seconds=0.2))
    with ThreadPoolExecutor(1) as pool, server_thread(settings) as ending:
        until_ready(ending)
        with served.engine.begin() as connection:
            connection.execute(text("LOCK TABLE blink.audit_batches IN ACCESS EXCLUSIVE MODE"))
            begun = pool.submit(ending.post, "/score", '{"user_id": "last", "features": {}}')
            while not waits_for_a_lock(served):
                assert not begun.done()
            ending.stop()
            while accepts_connections(ending):
                assert not begun.done()
        assert begun.result(timeout=20)[0] == 200
    assert len(audits_of(served, "last")) == 1
