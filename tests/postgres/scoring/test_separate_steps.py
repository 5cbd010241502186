"""Scoring as plan, shards and finish: each called again, at the wrong moment, or beside another."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from credit.database.errors import BusyError
from credit.database.pipeline_runs import PipelineRun, UnknownRunError, get_run
from credit.database.session_lock import locked_session
from predictor.batch.plan import ScoringError, Wish
from predictor.batch.separate_steps import Steps, finish_planned, plan_steps, score_planned_shard
from tests.postgres.scoring.world import FIRST, PORTFOLIO, SECOND, World, add_subjects, deploy, names, stop_after

SUBJECTS = names(12)
WISH = Wish(PORTFOLIO.name, shards=3)


@pytest.fixture
def lender(world: World) -> World:
    """Twelve subjects, some in each of three shards."""
    add_subjects(world.owner, SUBJECTS[7:])
    return world


def plan(world: World, wish: Wish = WISH, workflow: str | None = None) -> Steps:
    steps = plan_steps(world.scorer, wish, workflow=workflow)
    assert steps is not None
    return steps


def shard(world: World, run_id: UUID, number: int, **options: object) -> int:
    return score_planned_shard(world.scorer, PORTFOLIO, world.load, run_id=run_id, shard=number, **options)  # type: ignore[arg-type]


def finish(world: World, run_id: UUID) -> int:
    return finish_planned(world.scorer, PORTFOLIO.name, run_id)[1]


def recorded(world: World, run_id: UUID) -> PipelineRun:
    with world.owner.connect() as connection:
        return get_run(connection, run_id)


def progress(world: World) -> list[tuple[int, UUID, str | None, bool]]:
    """Shard, run, last subject, and whether the watermark is there."""
    found = "SELECT shard, run_id, last_subject, pg_snapshot IS NOT NULL FROM blink.scoring_progress ORDER BY shard"
    with world.owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text(found))]


@contextmanager
def held(world: World, lock: str) -> Iterator[None]:
    with locked_session(world.owner, lock, busy=""):
        yield


def test_three_shards_score_everybody_once_and_a_second_plan_finds_nothing(lender: World):
    steps = plan(lender, workflow="w1")
    run = steps.run
    assert (steps.shards, steps.resumed) == ((0, 1, 2), False)
    scored = [shard(lender, run.run_id, number) for number in steps.shards]
    assert all(scored)
    assert sum(scored) == finish(lender, run.run_id) == 12
    assert sorted(lender.audited()) == [(subject, FIRST, run.as_of) for subject in SUBJECTS]
    assert plan_steps(lender.scorer, WISH) is None
    found = recorded(lender, run.run_id)
    assert (found.state, found.shards, found.workflow) == ("succeeded", 3, "w1")
    assert found.outcome["workflows"] == [{"workflow": "w1", "status": "Running"}]


def test_steps_that_are_called_again_after_the_end_answer_the_same(lender: World):
    run = plan(lender).run
    for number in range(3):
        shard(lender, run.run_id, number)
        assert shard(lender, run.run_id, number) == 0
    assert finish(lender, run.run_id) == 12
    lender.transact("u-0003", "new")
    assert finish(lender, run.run_id) == 12
    assert shard(lender, run.run_id, 0) == 0
    assert lender.score().scored == 1


def test_a_plan_takes_up_the_run_that_is_not_finished_and_lists_what_is_left(lender: World):
    first = plan(lender, workflow="w1")
    shard(lender, first.run.run_id, 1)
    again = plan(lender, Wish(PORTFOLIO.name, shards=7), workflow="w2")
    assert (again.run, again.shards, again.resumed) == (first.run, (0, 2), True)
    for number in again.shards:
        shard(lender, first.run.run_id, number)
    last = plan(lender, workflow="w3")
    assert (last.run, last.shards) == (first.run, (0,))
    assert finish(lender, first.run.run_id) == 12
    found = recorded(lender, first.run.run_id)
    assert (found.workflow, found.shards) == ("w3", 3)
    assert [one["workflow"] for one in found.outcome["workflows"]] == ["w1", "w2", "w3"]


def test_a_run_as_of_a_time_waits_for_the_run_that_is_not_finished(lender: World):
    run = plan(lender, workflow="w1").run
    past = datetime.now(UTC) - timedelta(minutes=5)
    with pytest.raises(BusyError, match=f"run {run.run_id} as of .* is not finished and goes first"):
        plan(lender, Wish(PORTFOLIO.name, past), workflow="w2")
    assert recorded(lender, run.run_id).workflow == "w1"
    lender.score()
    assert recorded(lender, run.run_id).state == "succeeded"


def test_the_job_in_one_process_goes_on_with_a_run_that_was_planned(lender: World):
    run = plan(lender).run
    shard(lender, run.run_id, 0)
    outcome = lender.score()
    assert (outcome.run_id, outcome.total, outcome.resumed) == (run.run_id, 12, True)
    assert finish(lender, run.run_id) == 12
    assert len(lender.audited()) == 12


def test_who_works_on_the_same_is_told_to_try_again(lender: World):
    run = plan(lender).run
    with held(lender, "blink.score:cash_advance:1"):
        with pytest.raises(BusyError, match="shard 1 is being scored by another process"):
            shard(lender, run.run_id, 1)
        assert plan(lender).run == run
        assert shard(lender, run.run_id, 0) > 0
    with held(lender, "blink.score:cash_advance"):
        for step in (lambda: plan(lender), lambda: finish(lender, run.run_id), lender.score):
            with pytest.raises(BusyError, match="cash_advance: another"):
                step()
        assert shard(lender, run.run_id, 1) > 0


def test_a_run_goes_on_with_its_model_though_the_champion_has_changed(lender: World):
    run = plan(lender).run
    shard(lender, run.run_id, 0)
    deploy(lender.owner, lender.load_model(SECOND))
    shard(lender, run.run_id, 1)
    shard(lender, run.run_id, 2)
    assert finish(lender, run.run_id) == 12
    assert {model for _, model, _ in lender.audited()} == {FIRST}
    anew = plan(lender).run
    assert (anew.model_id, anew.since) == (SECOND, None)


def test_a_shard_whose_run_was_closed_meanwhile_stops_before_its_next_commit(lender: World):
    run = plan(lender).run

    def another_plan(_what: str, done: int, _total: int | None) -> None:
        if done == 1:
            deploy(lender.owner, lender.load_model(SECOND))
            assert plan(lender).run.model_id == SECOND

    closed = f"run {run.run_id} was closed as failed: the champion is {SECOND} now, no longer {FIRST}"
    with pytest.raises(ScoringError, match=closed):
        shard(lender, run.run_id, 0, batch_size=1, report=another_plan)
    assert len(lender.audited()) == 1
    for step in (lambda: shard(lender, run.run_id, 1), lambda: finish(lender, run.run_id)):
        with pytest.raises(ScoringError, match=closed):
            step()
    assert lender.score().total == 12


def test_who_closes_a_run_waits_for_the_transaction_of_its_shard(lender: World):
    """What a shard commits, it commits to a run that is running."""
    run = plan(lender).run
    close = text("UPDATE blink.pipeline_runs SET state = 'failed', finished_at = now() WHERE run_id = :run_id")
    with lender.owner.connect() as shard_of_it, lender.owner.connect() as closer:
        shard_of_it.execute(text("SELECT FROM blink.pipeline_runs FOR SHARE"))
        closer.execute(text("SET lock_timeout = '50ms'"))
        with pytest.raises(Exception, match="lock timeout"):
            closer.execute(close, {"run_id": run.run_id})


def test_a_run_with_subjects_left_is_not_finished(lender: World):
    run = plan(lender).run
    done = shard(lender, run.run_id, 0)
    with pytest.raises(ScoringError, match=f"{12 - done} subjects are not scored yet; run its shards first"):
        finish(lender, run.run_id)
    assert recorded(lender, run.run_id).state == "running"


def test_a_step_of_what_is_not_there_says_so(lender: World):
    run = plan(lender).run
    unknown = UUID(int=5)
    with pytest.raises(ScoringError, match="has shards 0 to 2, no shard 3"):
        shard(lender, run.run_id, 3)
    for step in (lambda: shard(lender, unknown, 0), lambda: finish(lender, unknown)):
        with pytest.raises(UnknownRunError, match=f"no run {unknown}: blink score plan cash_advance makes one"):
            step()
    with pytest.raises(UnknownRunError, match="is no planned scoring of other: it is a score run of cash_advance"):
        finish_planned(lender.scorer, "other", run.run_id)


def test_a_run_of_fewer_shards_leaves_no_row_that_misleads(lender: World):
    large = plan(lender).run
    with pytest.raises(InterruptedError):
        shard(lender, large.run_id, 2, batch_size=1, report=stop_after(1))
    deploy(lender.owner, lender.load_model(SECOND))
    small = lender.score()
    assert progress(lender) == [(0, small.run_id, None, True), (2, small.run_id, None, True)]
    lender.transact("u-0003", "new")
    three = plan(lender).run
    for number in range(3):
        shard(lender, three.run_id, number)
    assert finish(lender, three.run_id) == 1
    assert progress(lender) == [(number, three.run_id, None, True) for number in range(3)]
    lender.transact("u-0004", "new")
    assert lender.score().scored == 1
    assert plan_steps(lender.scorer, WISH) is None
