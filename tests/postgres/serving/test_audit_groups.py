"""Groups of requests in one transaction of a real database: who fails, fails alone."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from credit.database.audit_reading import verify_writer
from credit.database.connection import connect
from credit.database.schema import AUDIT_BATCHES, SCORE_REQUESTS
from credit.database.writers import take_turn
from credit.scores import score_rows
from predictor.audit_request import Asked, AuditRequest, asked_for
from predictor.audited_scoring import AuditedScoring
from predictor.composition import Audited
from predictor.deployment import Deployed
from predictor.errors import BadInputError, KeyConflictError, UnavailableError, UnknownSubjectError
from predictor.metrics import Metrics
from predictor.score_request import parse_score_wish
from tests.postgres.serving.requests import INFER, check_refused, tensor
from tests.postgres.serving.served import Served, audits_of, settings_of
from tests.unit.predictor.serving_example import NAMES, PORTFOLIO, example_rows, server_thread, until_ready


class Scoring:
    """Audited scoring on the served database, under a writer's name of its own."""

    def __init__(self, served: Served, clock: Callable[[], datetime] | None = None) -> None:
        self.served = served
        self.metrics = Metrics()
        self.deployed = Deployed(served.first, "champion")
        self.writer = f"test/{uuid4().hex}"
        self.audited = AuditedScoring(
            served.engine, PORTFOLIO, self.metrics, writers=[self.writer], clock=clock, seconds=1.0
        )

    def request(self, user_id: str, *, key: str | None = None, **features: float | None) -> AuditRequest:
        body = json.dumps({"user_id": user_id, "features": features}).encode()
        return asked_for(parse_score_wish(body, most=10), Asked(f"r-{user_id}", key, body), self.deployed)

    def score(self, *requests: AuditRequest) -> list:
        return self.audited.score(requests)

    def batches(self) -> list[int]:
        with self.served.engine.connect() as connection:
            batches = AUDIT_BATCHES.c
            found = select(batches.count).where(batches.writer == self.writer).order_by(batches.sequence)
            counts = list(connection.scalars(found))
            assert verify_writer(connection, self.writer).sequence == len(counts)
        return counts


@pytest.fixture
def scoring(served: Served) -> Scoring:
    return Scoring(served)


def test_a_group_is_one_batch_and_each_score_is_what_it_would_be_alone(scoring):
    rows = example_rows(rows=7, seed=9)
    names = [f"group-{n}-{scoring.writer}" for n in range(len(rows))]
    features = [dict(zip(NAMES, [None if np.isnan(v) else v for v in row], strict=True)) for row in rows.tolist()]
    requests = [scoring.request(name, **given) for name, given in zip(names, features, strict=True)]
    outcomes = scoring.score(*requests)
    assert scoring.batches() == [7]
    for name, row, outcome in zip(names, rows, outcomes, strict=True):
        alone = score_rows(scoring.deployed.bundle, row[None])
        (audit,) = audits_of(scoring.served, name)
        answer = json.loads(outcome.answer)
        assert answer["default_probability"] == audit.default_probability == alone.default_probabilities[0]
        assert answer["explanation"]["contributions"] == dict(zip(NAMES, alone.contributions[0].tolist(), strict=True))
        assert audit.contributions == answer["explanation"]["contributions"]
        assert (answer["audit_id"], answer["request_id"]) == (str(audit.audit_id), f"r-{name}")
        assert outcome.audit_ids == (str(audit.audit_id),)
    page = scoring.metrics.page()
    assert b'blink_scored_rows_total{audited="true",portfolio="cash_advance"} 7.0' in page
    assert b'blink_audits_total{place="database"} 7.0' in page
    assert b'blink_audit_group_requests_bucket{le="4.0"} 0.0' in page
    assert b'blink_audit_group_requests_bucket{le="8.0"} 1.0' in page


def test_a_request_that_the_database_refuses_fails_alone(scoring):
    names = [f"{name}-{scoring.writer}" for name in ("before", "after")]
    refused = replace(scoring.request("x"), request_id="no\0text")
    outcomes = scoring.score(scoring.request(names[0]), refused, scoring.request(names[1]))
    assert [type(outcomes[0]), type(outcomes[2])] == [Audited, Audited]
    assert isinstance(outcomes[1], DBAPIError)
    assert 'invalid byte sequence for encoding "UTF8"' in str(outcomes[1])
    assert scoring.batches() == [1, 1]
    assert [len(audits_of(scoring.served, name)) for name in names] == [1, 1]


def test_bad_features_and_unknown_subjects_fail_alone(scoring):
    good, bad = scoring.request("good"), scoring.request("bad", **{NAMES[0]: 1.0})
    infinite = replace(bad, given=np.full((1, len(NAMES)), np.inf))
    body = b'{"user_id":"nobody-at-all"}'
    unknown = asked_for(parse_score_wish(body, most=10), Asked("u", None, body), scoring.deployed)
    outcomes = scoring.score(good, infinite, unknown, scoring.request("fine"))
    assert [type(outcome) for outcome in outcomes] == [Audited, BadInputError, UnknownSubjectError, Audited]
    assert str(outcomes[1]) == f"row 0, feature {NAMES[0]}: infinity cannot be audited"
    assert scoring.batches() == [2]


def test_where_all_fail_nothing_is_written(scoring):
    infinite = replace(scoring.request("bad"), given=np.full((1, len(NAMES)), np.inf))
    assert [type(outcome) for outcome in scoring.score(infinite, infinite)] == [BadInputError, BadInputError]
    assert scoring.batches() == []


def test_keys_of_a_group_are_answered_as_they_were_the_first_time(scoring):
    keys = [f"{n}-{scoring.writer}" for n in range(3)]
    first = scoring.score(*[scoring.request(f"s-{key}", key=key) for key in keys[:2]])
    conflict = scoring.request(f"s-{keys[1]}", key=keys[1], **{NAMES[0]: 1.0})
    again = scoring.score(scoring.request(f"s-{keys[0]}", key=keys[0]), conflict, scoring.request("new", key=keys[2]))
    assert again[0].answer == first[0].answer
    assert isinstance(again[1], KeyConflictError)
    assert str(again[1]) == f"Idempotency-Key {keys[1]}: came before with another body; use a new key"
    assert json.loads(again[2].answer)["user_id"] == "new"
    assert scoring.batches() == [2, 1]
    with scoring.served.engine.connect() as connection:
        requests = SCORE_REQUESTS.c
        stored = connection.execute(select(SCORE_REQUESTS).where(requests.idempotency_key == keys[0])).one()
    (audit,) = audits_of(scoring.served, f"s-{keys[0]}")
    assert (stored.answer.encode(), stored.audit_ids, stored.client) == (first[0].answer, [audit.audit_id], "anonymous")
    assert (stored.as_of, bytes(stored.body_sha256)) == (
        audit.as_of,
        scoring.request(f"s-{keys[0]}", key=keys[0]).digest,
    )


def test_servers_that_know_nothing_of_each_other_write_at_once(served):
    rounds, at_once = 12, 4
    writers = [f"test/{uuid4().hex}/{n}" for n in range(2)]
    servers = [Scoring(served) for _ in range(at_once)]
    for server in servers:
        # Fewer writers than servers: some have to wait.
        server.audited = AuditedScoring(
            served.engine, PORTFOLIO, server.metrics, writers=writers, clock=None, seconds=10.0
        )

    def score(server: Scoring) -> list:
        return [outcome for n in range(rounds) for outcome in server.score(server.request(f"{server.writer}-{n}"))]

    with ThreadPoolExecutor(at_once) as threads:
        outcomes = [outcome for some in threads.map(score, servers) for outcome in some]
    assert [type(outcome) for outcome in outcomes] == [Audited] * (rounds * at_once)
    with served.engine.connect() as connection:
        assert sum(verify_writer(connection, writer).sequence for writer in writers) == rounds * at_once


def test_a_transaction_takes_the_first_writer_that_no_other_has(served):
    writers = [f"test/{uuid4().hex}/{n}" for n in range(2)]
    with served.engine.connect() as first, served.engine.connect() as second, served.engine.connect() as third:
        assert [take_turn(connection, writers, timeout_seconds=5).writer for connection in (first, second)] == writers
        third.execute(text("SET LOCAL lock_timeout = '10ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            take_turn(third, writers, timeout_seconds=5)
        third.rollback()
        first.rollback()
        assert take_turn(third, writers, timeout_seconds=5).writer == writers[0]


class Broken:
    """An engine that fails."""

    name, version, width = "broken", "1", len(NAMES)

    def margins(self, rows):
        raise MemoryError("no memory")


def test_an_engine_that_fails_is_each_requests_own_fault_and_writes_nothing(scoring):
    scoring.deployed = Deployed(replace(scoring.served.first, engine=Broken()), "champion")
    outcomes = scoring.score(scoring.request("a"), scoring.request("b"))
    assert [(type(outcome), str(outcome)) for outcome in outcomes] == [(MemoryError, "no memory")] * 2
    assert scoring.batches() == []


def test_a_session_that_is_lost_on_the_way_is_told_and_the_next_group_has_another(served):
    lost = []

    def clock() -> datetime:
        if not lost:
            with served.admin.connect() as connection:
                found = "SELECT pid FROM pg_stat_activity WHERE datname = :name AND state = 'idle in transaction'"
                lost.extend(connection.scalars(text(found), {"name": served.name}))
                connection.execute(
                    text("SELECT pg_terminate_backend(pid, 10000) FROM unnest(:pids) pid"), {"pids": lost}
                )
        return datetime.now(UTC)

    scoring = Scoring(served)
    assert len(scoring.score(scoring.request("partitions first"))) == 1
    scoring.audited._clock = clock
    outcomes = scoring.score(scoring.request("a"), scoring.request("b"))
    assert [type(outcome) for outcome in outcomes] == [UnavailableError, UnavailableError]
    assert isinstance(scoring.score(scoring.request("c"))[0], Audited)
    assert scoring.batches() == [1, 1]


def test_a_database_that_is_not_there_is_told_to_each(served, tmp_path):
    scoring = Scoring(served)
    away = connect(f"postgresql://postgres@/x?host={tmp_path}")
    scoring.audited = AuditedScoring(away, PORTFOLIO, scoring.metrics, writers=["w"], clock=None, seconds=1.0)
    outcomes = scoring.score(scoring.request("a"), scoring.request("b"))
    assert [str(outcome) for outcome in outcomes] == ["the database cannot be reached"] * 2
    assert {type(outcome) for outcome in outcomes} == {UnavailableError}


def test_a_server_that_gives_audited_scores_only_refuses_rows_without_a_subject(served, tmp_path):
    settings = replace(settings_of(served.engine, served.model_dir, database_seconds=1.0), audited_only=True)
    with server_thread(settings) as strict:
        until_ready(strict)
        check_refused(strict.post(INFER, json.dumps({"inputs": [tensor()]})), 400, "parameters.subject_id: is needed")
        body = {"inputs": [tensor()], "parameters": {"subject_id": "strict"}}
        assert strict.post(INFER, json.dumps(body))[0] == 200
        assert strict.post("/score", '{"user_id": "strict", "features": {}}')[0] == 200
    assert len(audits_of(served, "strict")) == 2
