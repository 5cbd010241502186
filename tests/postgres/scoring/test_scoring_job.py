"""The scoring job on real servers: who is scored, once, by which model, as of when."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from credit.database.errors import BusyError
from credit.database.session_lock import locked_session
from predictor.batch.job import NOTHING_NEW
from predictor.batch.plan import ScoringError
from tests.postgres.scoring.world import (
    FIRST,
    SECOND,
    World,
    add_subjects,
    deploy,
    make_bundle,
    names,
    stop_after,
    transact,
)

SUBJECTS = names(7)


def test_everybody_with_transactions_is_scored_and_a_second_run_writes_nothing(world: World):
    with world.owner.begin() as connection:
        insert = """INSERT INTO blink.accounts (portfolio, provider_id, subject_id, currency, timezone, opened_at)
                    VALUES ('cash_advance', 'a-empty', 'empty', 'USD', 'UTC', '2020-01-01')"""
        connection.execute(text(insert))
    first = world.score(batch_size=3)
    assert (first.scored, first.total, first.resumed) == (7, 7, False)
    assert world.audited() == [(subject, FIRST, first.as_of) for subject in SUBJECTS]
    assert world.latest() == dict.fromkeys(SUBJECTS, (first.as_of, FIRST))
    assert world.batches() == [("batch/cash_advance/0", number, count) for number, count in ((1, 3), (2, 3), (3, 1))]
    assert world.runs() == [("succeeded", {"scored": 7})]
    before = _everything(world)
    assert world.score() == NOTHING_NEW
    assert _everything(world) == before


def test_a_new_transaction_brings_exactly_its_subject_back(world: World):
    first = world.score()
    world.transact("u-0003", "new")
    second = world.score()
    assert world.audited()[7:] == [("u-0003", FIRST, second.as_of)]
    assert world.latest() == dict.fromkeys(SUBJECTS, (first.as_of, FIRST)) | {"u-0003": (second.as_of, FIRST)}
    assert world.score() == NOTHING_NEW


@pytest.mark.parametrize("fact", ["accounts", "advances", "repayments"])
def test_news_of_an_account_an_advance_or_a_repayment_count_too(world: World, fact: str):
    with world.owner.begin() as connection:
        _advance(connection, "u-0002")
    world.score()
    news = {
        "accounts": """INSERT INTO blink.accounts
                (portfolio, provider_id, version, subject_id, currency, timezone, opened_at)
            VALUES ('cash_advance', 'a-u-0002', 2, 'u-0002', 'USD', 'UTC', '2020-01-01')""",
        "advances": """INSERT INTO blink.advances
                (account_id, provider_id, version, requested_at, due_at, amount, currency)
            SELECT account_id, provider_id, 2, requested_at, due_at, amount, currency FROM blink.advances""",
        "repayments": """INSERT INTO blink.repayments (advance_id, provider_id, paid_at, amount, currency)
            SELECT advance_id, 'r', now(), 5000, 'USD' FROM blink.advances""",
    }
    with world.owner.begin() as connection:
        connection.execute(text(news[fact]))
    second = world.score()
    assert world.audited()[7:] == [("u-0002", FIRST, second.as_of)]


def test_a_writer_that_commits_late_is_neither_lost_nor_doubled(world: World):
    world.score()
    with world.owner.connect() as late:
        transact(late, "u-0001", "late")
        world.transact("u-0005", "in time")
        during = world.score()
        late.commit()
    after = world.score()
    assert world.audited()[7:] == [("u-0005", FIRST, during.as_of), ("u-0001", FIRST, after.as_of)]
    assert world.score() == NOTHING_NEW


def test_what_is_written_while_a_run_goes_on_waits_for_the_next(world: World):
    def report(_what: str, done: int, _total: int | None) -> None:
        if done == 4:
            world.transact("u-0000", "meanwhile")
            world.transact("u-0006", "meanwhile")

    world.score(batch_size=2, report=report)
    after = world.score()
    assert world.audited()[7:] == [("u-0000", FIRST, after.as_of), ("u-0006", FIRST, after.as_of)]


def test_a_new_champion_scores_everybody_anew(world: World):
    world.score()
    deploy(world.owner, world.load_model(SECOND))
    second = world.score()
    assert second.model_id == SECOND
    assert world.latest() == dict.fromkeys(SUBJECTS, (second.as_of, SECOND))


def test_another_cluster_is_scored_from_the_beginning(world: World):
    world.score()
    with world.owner.begin() as connection:
        connection.execute(text("UPDATE blink.scoring_progress SET system_identifier = system_identifier - 1"))
    assert world.score().scored == 7
    assert world.score() == NOTHING_NEW


def test_scores_as_of_a_past_time_leave_new_data_to_be_noticed(world: World):
    first = world.score()
    world.transact("u-0003", "new")
    past = first.as_of - timedelta(microseconds=1)
    backfill = world.score(as_of=past)
    assert (backfill.as_of, backfill.scored) == (past, 7)
    assert world.score(as_of=past) == NOTHING_NEW
    assert world.latest() == dict.fromkeys(SUBJECTS, (first.as_of, FIRST))
    assert world.score().scored == 1


def test_another_model_as_of_the_same_time_reads_the_stored_snapshots(world: World):
    first = world.score()
    world.transact("u-0003", "new")
    deploy(world.owner, world.load_model(SECOND))
    second = world.score(as_of=first.as_of)
    assert second.scored == 7
    with world.owner.connect() as connection:
        pairs = connection.execute(
            text("SELECT snapshot_id FROM blink.risk_score_audits GROUP BY 1 HAVING count(DISTINCT model_id) = 2")
        )
        assert len(pairs.all()) == 7
    assert world.latest() == dict.fromkeys(SUBJECTS, (first.as_of, SECOND))


def test_a_run_that_failed_between_batches_goes_on_as_of_the_same_time(world: World):
    with pytest.raises(InterruptedError):
        world.score(batch_size=2, report=stop_after(2))
    assert len(world.audited()) == 4
    world.transact("u-0000", "after the plan")
    resumed = world.score(batch_size=2)
    assert (resumed.scored, resumed.total, resumed.resumed) == (3, 7, True)
    assert world.audited() == [(subject, FIRST, resumed.as_of) for subject in SUBJECTS]
    assert world.runs() == [("succeeded", {"scored": 7})]
    assert world.score().scored == 1


def test_a_run_left_behind_goes_first_where_another_time_is_asked_for(world: World):
    with pytest.raises(InterruptedError):
        world.score(batch_size=2, report=stop_after(1))
    past = datetime.now(UTC) - timedelta(minutes=30)
    add_subjects(world.owner, ["later"])
    with world.owner.begin() as connection:
        _backfilled_account(connection, "known then", past)
    outcome = world.score(as_of=past)
    assert (outcome.as_of, outcome.scored, outcome.resumed) == (past, 1, False)
    assert world.runs() == [("succeeded", {"scored": 7}), ("succeeded", {"scored": 1})]
    assert {subject for subject, _, as_of in world.audited() if as_of == past} == {"known then"}


def test_a_run_left_behind_by_another_champion_is_closed_and_nobody_is_lost(world: World):
    with pytest.raises(InterruptedError):
        world.score(batch_size=2, report=stop_after(1))
    deploy(world.owner, world.load_model(SECOND))
    outcome = world.score()
    assert (outcome.model_id, outcome.scored, outcome.resumed) == (SECOND, 7, False)
    error = f"the champion is {SECOND} now, no longer {FIRST}"
    assert world.runs() == [("failed", {"error": error}), ("succeeded", {"scored": 7})]


def test_a_second_live_run_is_told_to_try_again(world: World):
    def report(_what: str, done: int, _total: int | None) -> None:
        if done:
            with pytest.raises(BusyError, match="cash_advance: another run of scoring is alive"):
                world.score()

    assert world.score(report=report).scored == 7
    with locked_session(world.owner, "blink.score:cash_advance:0", busy=""):
        world.transact("u-0000", "new")
        with pytest.raises(BusyError, match="shard 0 is being scored by another process"):
            world.score()
    assert world.score().scored == 1


def test_what_cannot_be_scored_is_refused_with_what_to_do(world: World, tmp_path: Path):
    with pytest.raises(ScoringError, match="lies in the future"):
        world.score(as_of=datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(ScoringError, match="needs its zone"):
        world.score(as_of=datetime(2026, 1, 1))  # noqa: DTZ001  # the case tested
    make_bundle(tmp_path, FIRST, seed=3)
    with pytest.raises(ScoringError, match="is not the one that was registered"):
        World(world.owner, world.scorer, world.url, tmp_path).score()
    with world.owner.begin() as connection:
        connection.execute(text("UPDATE blink.blink_models SET status = 'retired'"))
    with pytest.raises(ScoringError, match="no model is deployed; run `blink train cash_advance --deploy`"):
        world.score()
    assert world.audited() == []


def _everything(world: World) -> list[object]:
    """All that scoring writes, but for the time of the last look."""
    tables = ("risk_score_audits", "feature_store_snapshots", "audit_batches", "latest_scores", "scoring_progress")
    row = "CAST(to_jsonb(t) - 'updated_at' AS text)"
    with world.owner.connect() as connection:
        return [
            connection.execute(text(f"SELECT {row} FROM blink.{table} AS t ORDER BY 1")).all()
            for table in (*tables, "pipeline_runs")
        ]


def _advance(connection, subject: str) -> None:
    insert = """INSERT INTO blink.advances (account_id, provider_id, requested_at, due_at, amount, currency)
                SELECT account_id, 'd', now() - interval '20 days', now() - interval '5 days', 10000, 'USD'
                FROM blink.accounts WHERE subject_id = :subject"""
    connection.execute(text(insert), {"subject": subject})


def _backfilled_account(connection, subject: str, before: datetime) -> None:
    insert = """
        WITH account AS (
            INSERT INTO blink.accounts (portfolio, provider_id, subject_id, currency, timezone, opened_at, ingested_at,
                                        backfilled)
            VALUES ('cash_advance', :subject, :subject, 'USD', 'UTC', '2020-01-01', :known, true) RETURNING account_id)
        INSERT INTO blink.transactions (account_id, provider_id, posted_at, amount, currency, category, ingested_at,
                                        backfilled)
        SELECT account_id, 't', :known, 100, 'USD', 'salary', :known, true FROM account"""
    connection.execute(text(insert), {"subject": subject, "known": before - timedelta(hours=1)})
