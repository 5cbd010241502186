"""A database that says nothing, as behind a stopped host or a lost network: it is away, like one that refuses."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
from sqlalchemy import event, text

from credit.database.connection import connect
from credit.database.score_requests import (
    DatabaseAwayError,
    FirstAnswer,
    answering_transaction,
    keep_first_answers,
)
from credit.database.writers import lock_writer
from predictor.composition import Audited
from predictor.errors import UnavailableError
from tests.postgres.serving.requests import INFER, tensor
from tests.postgres.serving.served import Served, audits_of, score, settings_of
from tests.postgres.serving.test_audit_groups import Scoring
from tests.postgres.serving.test_spooled_scores import Spooling, figures
from tests.postgres.silence import StoppedSession, Wire, stopped
from tests.unit.predictor.serving_example import NAMES, Server, server_process, server_thread, until_ended, until_ready

CLIENTS = 30


def url_of(served: Served) -> str:
    return served.engine.url.render_as_string(hide_password=False)


@pytest.fixture
def session():
    session = StoppedSession()
    yield session
    session.go_on()


@pytest.fixture
def engine(served):
    """An engine with a limit."""
    engine = connect(url_of(served), silent_seconds=1.0)
    yield engine
    engine.dispose()


@pytest.fixture
def spooling(served, engine, tmp_path):
    """Scoring with a spool, and the database at hand."""
    spooling = Spooling(served, tmp_path)
    spooling.over(engine)
    assert isinstance(spooling.score(spooling.request("partitions first"))[0], Audited)
    yield spooling
    spooling.spooled.close()


def ask(server: Server, number: int) -> tuple[int, dict[str, str], dict]:
    """An audited request over one protocol or the other, with features or without."""
    user = f"silent-{number}"
    if number % 3 == 0:
        fields = {"inputs": [tensor()], "parameters": {"subject_id": user}}
        status, headers, content = server.post(INFER, json.dumps(fields))
    else:
        given = {"features": {}} if number % 3 == 1 else {}
        status, headers, content = server.post("/score", json.dumps({"user_id": user, **given}))
    return status, headers, json.loads(content)


def infer_status(server: Server) -> grpc.StatusCode:
    request = pb.ModelInferRequest(model_name="cash_advance")
    request.parameters["subject_id"].string_param = "silent-grpc"
    tensor = request.inputs.add(name="rows", datatype="FP64", shape=[1, len(NAMES)])
    tensor.contents.fp64_contents.extend([1.5] * len(NAMES))
    with grpc.insecure_channel(server.grpc) as channel, pytest.raises(grpc.RpcError) as refused:
        GRPCInferenceServiceStub(channel).ModelInfer(request, timeout=20)
    return refused.value.code()


def waiting_for_audits(server: Server) -> float:
    return figures(server)['blink_waiting_requests{queue="audit"}']


def check_told(answer: tuple[int, dict[str, str], dict]) -> None:
    status, headers, said = answer
    assert (status, headers["retry-after"], said["error"]) == (503, "2", "the database does not answer")
    assert said["request_id"] == headers["x-request-id"]


def test_all_who_wait_are_told_and_the_end_comes_in_time(served, server):
    told = {"url": url_of(served), "model_dir": str(served.model_dir), "database_seconds": 1.0}
    with ThreadPoolExecutor(CLIENTS) as clients, server_process(**told) as running:
        until_ready(running)
        assert ask(running, 1)[0] == 200
        with stopped(server):
            answers = [clients.submit(ask, running, number) for number in range(CLIENTS)]
            for answer in answers:
                check_told(answer.result(timeout=60))
            assert infer_status(running) == grpc.StatusCode.UNAVAILABLE
            assert running.get("/v2/health/ready")[0] == 200
            last = [clients.submit(ask, running, number) for number in range(CLIENTS)]
            while waiting_for_audits(running) < CLIENTS:
                assert not any(answer.done() for answer in last)
            running.stop()
            for answer in last:
                check_told(answer.result(timeout=60))
            until_ended(running)  # a thread that waits for the database holds nobody up
    assert not any(audits_of(served, f"silent-{number}") for number in range(2, CLIENTS))


def test_a_server_goes_on_when_the_database_does(served, server, engine):
    settings = settings_of(engine, served.model_dir, database_seconds=1.0)
    with server_thread(settings) as running:
        until_ready(running)
        with stopped(server):
            check_told(ask(running, 4))
        while (answer := ask(running, 4))[0] == 503:
            assert running.alive()
        assert answer[0] == 200


def test_the_spool_takes_over_and_is_drained_when_the_database_goes_on(served, server, engine, tmp_path):
    settings = replace(settings_of(engine, served.model_dir, database_seconds=1.0), spool=tmp_path)
    with server_thread(settings) as running, ThreadPoolExecutor(8) as clients:
        until_ready(running)
        here = replace(served, server=running)
        with stopped(server):
            bodies = [f'{{"user_id": "spooled-{number}", "features": {{}}}}' for number in range(8)]
            answers = [answer.result(timeout=60) for answer in [clients.submit(score, here, body) for body in bodies]]
            assert [status for status, _, _ in answers] == [200] * 8
        while figures(running)["blink_spool_bytes"]:
            assert running.alive()
        for number, (_, _, answer) in enumerate(answers):
            (audit,) = audits_of(served, f"spooled-{number}")
            assert str(audit.audit_id) == answer["audit_id"]


def test_over_tcp_it_is_the_same(served, server):
    wire = Wire(server)
    scoring = Scoring(served)
    over_tcp = connect(f"postgresql://postgres@127.0.0.1:{wire.port}/{served.name}?sslmode=disable", silent_seconds=1.0)
    scoring.audited._database = over_tcp
    assert isinstance(scoring.score(scoring.request("a"))[0], Audited)
    wire.cut()
    for _ in range(2):  # on a connection that was there, and on a new one
        (outcome,) = scoring.score(scoring.request("b"))
        assert (str(outcome), outcome.unwritten) == ("the database does not answer", True)
    wire.mend()
    assert isinstance(scoring.score(scoring.request("c"))[0], Audited)
    assert scoring.batches() == [1, 1]
    over_tcp.dispose()
    wire.close()


def test_who_waited_while_it_was_silent_is_told_without_another_try(served, engine, session):
    scoring = Scoring(served)
    scoring.audited._database = engine
    assert isinstance(scoring.score(scoring.request("partitions first"))[0], Audited)
    before = scoring.request("before")
    tried = []
    event.listen(engine, "begin", lambda connection: stop_now(connection, session))
    scoring.score(scoring.request("silent"))
    event.listen(engine, "begin", tried.append)
    outcomes = scoring.score(before, scoring.request("with it"))
    assert [(str(outcome), outcome.unwritten) for outcome in outcomes] == [("the database does not answer", True)] * 2
    assert not tried
    scoring.score(scoring.request("after"))
    assert tried


def test_who_waited_for_a_slow_one_is_told_without_another_try(served, engine):
    scoring, tried = Scoring(served), []
    scoring.audited._database = engine
    assert isinstance(scoring.score(scoring.request("partitions first"))[0], Audited)
    before = scoring.request("before")
    with served.engine.begin() as holding:
        lock_writer(holding, scoring.writer)
        (slow,) = scoring.score(scoring.request("slow"))
        event.listen(engine, "begin", tried.append)
        outcomes = scoring.score(before, scoring.request("with it"))
        assert not tried
        after = scoring.request("after")
    said = "the database takes too long: canceling statement due to statement timeout"
    assert [(str(outcome), outcome.unwritten) for outcome in (slow, *outcomes)] == [(said, True)] * 3
    assert isinstance(scoring.score(after)[0], Audited)
    assert scoring.batches() == [1, 1]


def stop_now(connection, session: StoppedSession) -> None:
    session.stop(connection.connection.dbapi_connection.get_backend_pid())


def test_what_was_begun_and_never_committed_is_spooled_and_comes_once(spooling, engine, session):
    def clock() -> datetime:
        with spooling.served.admin.connect() as connection:
            found = "SELECT pid FROM pg_stat_activity WHERE datname = :name AND state = 'idle in transaction'"
            for pid in connection.scalars(text(found), {"name": spooling.served.name}):
                session.stop(pid)
        return datetime.now(UTC)

    name = f"begun-{spooling.writer}"
    spooling.audited._scoring._clock = clock
    (outcome,) = spooling.score(spooling.request(name))
    assert isinstance(outcome, Audited)
    assert spooling.spooled.filled.is_set()
    session.go_on()
    spooling.spooled.drain(spooling.write)
    (audit,) = audits_of(spooling.served, name)
    assert (str(audit.audit_id),) == outcome.audit_ids


def test_a_commit_that_nobody_answers_is_never_spooled_and_may_have_been_one(spooling, engine, session):
    event.listen(engine, "commit", lambda connection: stop_now(connection, session))
    name = f"commit-{spooling.writer}"
    outcomes = spooling.score(spooling.request(name), spooling.request("other"))
    said = "the database does not answer; whether the score was audited is not known"
    assert [(type(one), str(one), one.unwritten) for one in outcomes] == [(UnavailableError, said, False)] * 2
    assert not spooling.spooled.filled.is_set()
    session.go_on()
    until = monotonic() + 60
    while not audits_of(spooling.served, name):  # it read the commit, and found nobody to tell
        assert monotonic() < until
    assert len(audits_of(spooling.served, name)) == 1


def test_answers_to_several_keys_that_nobody_takes_are_given_up(engine, session):
    at = datetime(2026, 3, 1, tzinfo=UTC)
    answers = [FirstAnswer(f"silent-{number}", bytes(32), at, (UUID(int=number),), "{}", at) for number in range(2)]

    def work() -> None:
        with answering_transaction(engine) as connection:
            stop_now(connection, session)
            keep_first_answers(connection, client="anonymous", answers=answers)

    with ThreadPoolExecutor(1) as thread:
        fault = thread.submit(work).exception(timeout=20)
    assert (type(fault), str(fault)) == (DatabaseAwayError, "the database does not answer")


def test_why_it_is_away_is_logged_once_and_not_told(served, tmp_path, caplog):
    scoring = Scoring(served)
    scoring.audited._database = connect(f"postgresql://postgres@/x?host={tmp_path}")
    with caplog.at_level(logging.WARNING, "predictor"):
        outcomes = [scoring.score(scoring.request("a"))[0] for _ in range(3)]
        assert {str(outcome) for outcome in outcomes} == {"the database cannot be reached"}
        (message,) = caplog.messages
        assert message.startswith("the database cannot be reached (connection to server on socket ")
        scoring.audited._database = served.engine
        scoring.score(scoring.request("a"))
        assert caplog.messages[1:] == ["the database answers again"]


def test_a_refused_row_is_neither_told_nor_logged(served, caplog):
    execute_in(served, "ALTER TABLE blink.feature_store_snapshots ADD CONSTRAINT nobody CHECK (subject_id <> 'Ada')")
    try:
        status, _, answer = score(served, json.dumps({"user_id": "Ada", "features": {NAMES[0]: 4711.25}}))
    finally:
        execute_in(served, "ALTER TABLE blink.feature_store_snapshots DROP CONSTRAINT nobody")
    assert (status, answer["error"]) == (500, "internal fault, logged under the request id")
    assert 'violates check constraint "nobody"' in caplog.text
    assert answer["request_id"] in caplog.text
    for quoted in ("Ada", "4711", "CONTEXT"):
        assert quoted not in caplog.text


def execute_in(served: Served, statement: str) -> None:
    with served.engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '20s'"))
        connection.execute(text(statement))
