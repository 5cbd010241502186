"""Scores given while the database is away: on a disk before they are answered, in the database once, kills included."""

import json
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import pytest
from sqlalchemy import Engine, event, func, select, text

from credit.database.audit_reading import latest_audit, verify_writer
from credit.database.connection import connect
from credit.database.schema import SCORE_REQUESTS
from credit.database.writers import chain_head
from predictor.audit_request import Asked, asked_for
from predictor.audited_scoring import AuditedScoring
from predictor.composition import Audited
from predictor.draining import SpoolWriter
from predictor.errors import KeyConflictError, UnavailableError
from predictor.score_request import parse_score_wish
from predictor.spool import claimed, has_records
from predictor.spooled_audits import SpooledAudits
from predictor.spooled_scoring import SpooledScoring
from tests.postgres.serving.requests import INFER, tensor
from tests.postgres.serving.served import Served, audits_of, score, settings_of
from tests.postgres.serving.test_audit_groups import Scoring
from tests.postgres.serving.test_following import database_away
from tests.unit.predictor.serving_example import NAMES, PORTFOLIO, Server, server_thread, until_ready

ROOT = Path(__file__).parents[3]
MOST = 1_000_000


class Spooling(Scoring):
    """Scoring with a spool; the database is away."""

    def __init__(self, served: Served, folder: Path) -> None:
        super().__init__(served)
        self.spooled = SpooledAudits(claimed(folder, most_bytes=MOST))
        self.write = SpoolWriter(served.engine, PORTFOLIO.name, self.metrics, seconds=5.0)
        self.over(connect(f"postgresql://postgres@/x?host={folder}"))

    def over(self, database: Engine) -> None:
        scoring = AuditedScoring(database, PORTFOLIO, self.metrics, writers=[self.writer], clock=None, seconds=1.0)
        self.audited = SpooledScoring(scoring, self.spooled, PORTFOLIO, self.metrics, clock=lambda: datetime.now(UTC))  # type: ignore[assignment]  # it scores alike


@pytest.fixture
def spooling(served: Served, tmp_path: Path):
    spooling = Spooling(served, tmp_path)
    yield spooling
    spooling.spooled.close()


def test_spooled_scores_are_answered_and_come_to_the_database_as_they_were(spooling):
    names = [f"{name}-{spooling.writer}" for name in ("one", "two")]
    outcomes = spooling.score(*[spooling.request(name, key=name, **{NAMES[0]: 5.0}) for name in names])
    assert [type(outcome) for outcome in outcomes] == [Audited, Audited]
    assert [audits_of(spooling.served, name) for name in names] == [[], []]
    spooling.spooled.drain(spooling.write)
    for name, outcome in zip(names, outcomes, strict=True):
        answer = json.loads(outcome.answer)
        with spooling.served.engine.connect() as connection:
            audit = latest_audit(connection, PORTFOLIO.name, name)
            stored = connection.execute(select(SCORE_REQUESTS).where(SCORE_REQUESTS.c.idempotency_key == name)).one()
        assert audit is not None
        assert str(audit.audit_id) == answer["audit_id"]
        assert audit.score.as_of.isoformat() == answer["as_of"]
        assert audit.score.contributions == answer["explanation"]["contributions"]
        assert (audit.snapshot.source, audit.snapshot.pg_snapshot) == ("supplied", "1:1:")
        assert (stored.answer.encode(), stored.audit_ids) == (outcome.answer, [audit.audit_id])
    page = spooling.metrics.page()
    assert b'blink_audits_total{place="spool"} 2.0' in page
    assert b'blink_audits_total{place="database_from_spool"} 2.0' in page
    with spooling.served.engine.connect() as connection:
        assert verify_writer(connection, "spool/cash_advance") == chain_head(connection, "spool/cash_advance")


def test_audits_that_cannot_be_counted_are_spooled_once(spooling, monkeypatch):
    names = [f"{name}-{spooling.writer}" for name in ("one", "two")]
    monkeypatch.setattr(spooling.metrics, "audits_spooled", Mock(side_effect=OSError("no space left")))
    outcomes = spooling.score(*[spooling.request(name) for name in names])
    assert [type(outcome) for outcome in outcomes] == [Audited, Audited]
    spooling.spooled.drain(spooling.write)
    assert [len(audits_of(spooling.served, name)) for name in names] == [1, 1]


def test_what_was_committed_before_is_not_written_again(spooling):
    name = f"once-{spooling.writer}"
    spooling.score(spooling.request(name, key=name))
    spooling.spooled.drain(lambda records: (spooling.write(records), spooling.write(records)))
    assert len(audits_of(spooling.served, name)) == 1


def test_a_key_in_the_spool_gets_its_answer_or_a_conflict(spooling):
    key = f"key-{spooling.writer}"
    (first,) = spooling.score(spooling.request(key, key=key))
    again = spooling.score(spooling.request(key, key=key), spooling.request("other"))
    (conflict,) = spooling.score(spooling.request(key, key=key, **{NAMES[0]: 1.0}))
    assert again[0].answer == first.answer
    assert json.loads(again[1].answer)["user_id"] == "other"
    assert isinstance(conflict, KeyConflictError)
    spooling.spooled.drain(spooling.write)
    spooling.over(spooling.served.engine)
    assert spooling.score(spooling.request(key, key=key))[0].answer == first.answer
    assert len(audits_of(spooling.served, key)) == 1


def test_a_key_that_the_database_knows_keeps_its_answer_there_and_both_audits_stay(spooling):
    key = f"known-{spooling.writer}"
    (first,) = Scoring(spooling.served).score(spooling.request(key, key=key))
    (second,) = spooling.score(spooling.request(key, key=key))
    assert second.answer != first.answer
    spooling.spooled.drain(spooling.write)
    spooling.over(spooling.served.engine)
    assert spooling.score(spooling.request(key, key=key))[0].answer == first.answer
    assert len(audits_of(spooling.served, key)) == 2


def test_features_cannot_be_computed_and_a_full_spool_is_told(spooling, tmp_path):
    body = b'{"user_id":"history"}'
    computed = asked_for(parse_score_wish(body, most=10), Asked("u", None, body), spooling.deployed)
    outcomes = spooling.score(computed, spooling.request("fits"))
    assert [type(outcome) for outcome in outcomes] == [UnavailableError, Audited]
    spooling.spooled.drain(spooling.write)
    spooling.spooled.close()
    spooling.spooled = SpooledAudits(claimed(tmp_path / "small", most_bytes=100))
    spooling.over(connect(f"postgresql://postgres@/x?host={tmp_path}"))
    (full,) = spooling.score(spooling.request("too much"))
    assert isinstance(full, UnavailableError)
    assert "0 of 100 bytes are taken" in str(full)


def test_a_commit_without_an_answer_is_never_spooled(spooling):
    engine = connect(spooling.served.engine.url.render_as_string(hide_password=False))
    spooling.over(engine)
    assert len(spooling.score(spooling.request("partitions first"))) == 1

    def lose(connection) -> None:
        pid = connection.scalar(select(func.pg_backend_pid()))
        with spooling.served.admin.connect() as admin:
            admin.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})

    event.listen(engine, "commit", lose)
    outcomes = spooling.score(spooling.request("a"), spooling.request("b"))
    assert [type(outcome) for outcome in outcomes] == [UnavailableError, UnavailableError]
    assert not spooling.spooled.filled.is_set()
    engine.dispose()


def test_kills_after_a_sync_and_after_a_drains_commit_leave_each_audit_once(served, tmp_path):
    url = served.engine.url.render_as_string(hide_password=False)
    runs = [("synced", ["killed-a"]), ("committed", ["killed-a", "killed-b"]), ("nowhere", [])]
    command = ["-m", "tests.postgres.serving.spooling", url, str(tmp_path), str(served.first.path), json.dumps(runs)]
    ended = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=True)
    killed = f"ended {-signal.SIGKILL}"
    first, *answers, second, drained, third = ended.stdout.splitlines()
    assert (first, second, drained, third) == (killed, killed, "drained", "ended 0")
    answered = [json.loads(answer) for answer in answers]
    assert [answer["user_id"] for answer in answered] == ["killed-a", "killed-b"]
    assert not has_records(tmp_path / "0")
    for answer in answered:
        (audit,) = audits_of(served, answer["user_id"])
        assert str(audit.audit_id) == answer["audit_id"], "of the first, the answer that was never sent"


@contextmanager
def draining_held_up(served: Served):
    """Nobody can write as the spool's writer."""
    with served.engine.begin() as connection:
        key = func.hashtextextended("blink.audits:spool/cash_advance", 0)
        connection.execute(select(func.pg_advisory_xact_lock(key)))
        yield


@contextmanager
def begun_held_up(held_up: ExitStack, served: Served, settings):
    """A server that begins while nobody can drain, until `held_up` is closed."""
    held_up.enter_context(draining_held_up(served))
    with server_thread(settings) as early:
        yield early


@pytest.fixture
def settings(served: Served, tmp_path: Path):
    scorer = connect(served.engine.url.render_as_string(hide_password=False), role="blink_scorer")
    yield replace(settings_of(scorer, served.model_dir, database_seconds=1.0), spool=tmp_path)
    scorer.dispose()


def test_a_server_is_not_ready_before_what_was_left_in_its_spool_is_drained(served, tmp_path, settings):
    left = Spooling(served, tmp_path)
    left.score(left.request("left-behind"))
    left.spooled.close()
    told = "not ready yet: audits that an earlier server left in the spool are not in the database yet"
    with ExitStack() as held_up, begun_held_up(held_up, served, settings) as early:
        while (answered := json.loads(early.get("/v2/health/ready")[2])["error"]).startswith("no model is ready"):
            assert early.alive()
        assert answered == told
        status, _, refused = early.post(INFER, json.dumps({"inputs": [tensor()]}))
        assert (status, json.loads(refused)["error"]) == (503, told)
        assert audits_of(served, "left-behind") == []
        held_up.close()
        until_ready(early)
        assert len(audits_of(served, "left-behind")) == 1
    assert not has_records(tmp_path / "0")


def test_a_server_with_a_spool_answers_while_the_database_is_away_and_drains_when_it_is_back(
    served, tmp_path, settings
):
    with server_thread(settings) as running:
        until_ready(running)
        served.engine.dispose()
        with database_away(served):
            status, _, answer = score(replace(served, server=running), '{"user_id": "spooled", "features": {}}')
            assert status == 200
            v2 = {"inputs": [tensor()], "parameters": {"subject_id": "spooled-v2"}}
            assert running.post(INFER, json.dumps(v2))[0] == 200
            assert score(replace(served, server=running), '{"user_id": "spooled"}')[0] == 503
            spooled = figures(running)
            assert spooled["blink_audit_lag_seconds"] > 0
            assert spooled["blink_spool_bytes"] == (tmp_path / "0" / "audits").stat().st_size > 0
        while figures(running)["blink_spool_bytes"]:
            assert running.alive()
        assert figures(running)["blink_audit_lag_seconds"] == 0
        (audit,) = audits_of(served, "spooled")
        assert str(audit.audit_id) == answer["audit_id"]
        assert len(audits_of(served, "spooled-v2")) == 1


def figures(server: Server) -> dict[str, float]:
    lines = server.get("/metrics")[2].decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line.startswith("blink_"))}


def test_a_spool_needs_a_database(bundle, tmp_path):
    from predictor.server import ServerError, ServeSettings, serve  # noqa: PLC0415

    with pytest.raises(ServerError, match="--spool needs a database"):
        serve(ServeSettings(portfolio=PORTFOLIO, bundle=bundle.path, spool=tmp_path, http_port=0, grpc_port=0))
