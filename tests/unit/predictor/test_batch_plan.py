"""Decisions of the scoring job."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from credit.database.scoring_runs import Moment, ScoringRun, Watermark
from predictor.batch.plan import ScoringError, Wish, answers, new_run, obstacle

NOW = Moment("10:20:", datetime(2026, 3, 1, 12, tzinfo=UTC), system_identifier=7)
SEEN = Watermark("5:8:", "m1", system_identifier=7)
PAST = NOW.as_of - timedelta(days=1)
RUN_ID = UUID(int=1)
RUN = ScoringRun(
    run_id=RUN_ID,
    portfolio="p",
    as_of=NOW.as_of,
    pg_snapshot="10:20:",
    shards=1,
    model_id="m1",
    system_identifier=7,
    since="5:8:",
    backfill=False,
)


def test_a_run_sees_what_is_visible_now_and_scores_what_the_last_did_not_see() -> None:
    assert new_run(Wish("p"), NOW, "m1", SEEN, run_id=RUN_ID) == RUN


@pytest.mark.parametrize(
    "seen", [None, replace(SEEN, model_id="m0"), replace(SEEN, system_identifier=8)], ids=["first", "model", "cluster"]
)
def test_everybody_is_scored_the_first_time_by_a_new_champion_and_in_a_new_cluster(seen: Watermark | None) -> None:
    assert new_run(Wish("p"), NOW, "m1", seen, run_id=RUN_ID) == replace(RUN, since=None)


def test_a_time_that_is_asked_for_makes_a_backfill_of_everybody() -> None:
    run = new_run(Wish("p", PAST), NOW, "m1", SEEN, run_id=RUN_ID)
    assert run == replace(RUN, as_of=PAST, since=None, backfill=True)
    assert new_run(Wish("p", NOW.as_of), NOW, "m1", SEEN, run_id=RUN_ID).backfill


@pytest.mark.parametrize("wrong", [NOW.as_of + timedelta(microseconds=1), PAST.replace(tzinfo=None)])
def test_a_time_in_the_future_or_without_zone_is_refused(wrong: datetime) -> None:
    with pytest.raises(ScoringError, match=r"lies in the future|needs its zone"):
        new_run(Wish("p", wrong), NOW, "m1", SEEN, run_id=RUN_ID)


def test_a_run_goes_on_with_its_champion_in_its_cluster_only() -> None:
    assert obstacle(RUN, NOW, "m1") is None
    assert obstacle(RUN, NOW, "m2") == "the champion is m2 now, no longer m1"
    assert "restored into another cluster" in str(obstacle(replace(RUN, system_identifier=8), NOW, "m1"))


def test_which_run_that_was_left_behind_is_what_is_asked_for() -> None:
    backfill = replace(RUN, as_of=PAST, backfill=True)
    assert answers(RUN, Wish("p"))
    assert answers(backfill, Wish("p", PAST))
    assert not answers(backfill, Wish("p", NOW.as_of))
    assert not answers(backfill, Wish("p"))
    assert not answers(RUN, Wish("p", NOW.as_of))
