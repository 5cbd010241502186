"""A server whose database goes away, and whose champion changes."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event

from sqlalchemy import text

from credit.database import models
from credit.database.models import ModelStatus
from tests.postgres.serving.served import Served, audits_of, crown, execute, registered, score
from tests.unit.predictor.serving_example import (
    FIRST,
    NAMES,
    example_bundle,
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
        assert answer["error"].startswith("the database does not answer: ")
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
                seen = [future.result(timeout=20) for future in running]
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
