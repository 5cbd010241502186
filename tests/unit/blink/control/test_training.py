"""Which portfolio a wish is about, what becomes of runs, and the commands that carry them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from blink.control.cluster_training import WorkflowState, upkeep
from blink.control.errors import BadRequestError
from blink.control.local_training import training_command
from blink.control.training import TrainingWish, Upkeep, chosen_portfolio
from credit.database.pipeline_runs import PipelineRun

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BOTH = ("cash_advance", "trade_credit")


def wish(portfolio: str | None = None) -> TrainingWish:
    return TrainingWish(portfolio, "BATCH_001", deploy=True)


@pytest.mark.parametrize(
    ("named", "known", "holding", "chosen"),
    [
        ("trade_credit", BOTH, (), "trade_credit"),
        (None, BOTH, ("trade_credit",), "trade_credit"),
        (None, BOTH, ("trade_credit", "of_another_release"), "trade_credit"),
        (None, ("cash_advance",), (), "cash_advance"),
        (None, ("cash_advance",), ("trade_credit",), "cash_advance"),
    ],
)
def test_the_portfolio_is_the_named_one_or_the_only_one_that_can_be_meant(named, known, holding, chosen):
    assert chosen_portfolio(wish(named), known, holding) == chosen


@pytest.mark.parametrize(
    ("named", "known", "holding", "words"),
    [
        ("x", BOTH, (), "no portfolio 'x'; there are cash_advance, trade_credit"),
        (None, BOTH, (), "2 portfolios could be meant by batch BATCH_001; there are cash_advance, trade_credit"),
        (None, BOTH, BOTH, "2 portfolios could be meant"),
        (None, (), (), "no portfolio is configured"),
    ],
)
def test_what_is_not_clear_is_asked_back(named, known, holding, words):
    with pytest.raises(BadRequestError, match=words):
        chosen_portfolio(wish(named), known, holding)


def test_a_table_that_holds_no_row_of_the_batch_is_not_meant_where_advances_may_be():
    tables = {"trade_credit"}
    assert chosen_portfolio(wish(), BOTH, (), tables) == "cash_advance"
    assert chosen_portfolio(wish(), BOTH, ("trade_credit",), tables) == "trade_credit"
    assert chosen_portfolio(wish(), ("trade_credit",), (), tables) == "trade_credit"


def run(state: str = "running", *, age: timedelta = timedelta(0), deploy: bool = True) -> PipelineRun:
    return PipelineRun(
        run_id=UUID(int=7),
        kind="train",
        portfolio="cash_advance",
        batch_id="B",
        state=state,
        workflow="blink-train-0",
        requested_by="anna",
        as_of=NOW,
        outcome={"deploy": deploy},
        started_at=NOW - age,
        finished_at=None,
    )


def workflow(phase: str, ago: int | None = None) -> WorkflowState:
    return WorkflowState(phase, "", None if ago is None else NOW - timedelta(seconds=ago))


@pytest.mark.parametrize(
    ("active", "carried", "decided"),
    [
        (run("requested"), None, Upkeep.START),
        (
            run("requested", age=timedelta(minutes=10)),
            None,
            "its workflow blink-train-0 could not be created in 0:10:00",
        ),
        (
            replace(run("requested"), outcome={"started": True}),
            None,
            "its workflow blink-train-0 does not exist any more",
        ),
        (run("running"), None, "its workflow blink-train-0 does not exist any more"),
        (run("requested"), workflow(""), Upkeep.LEAVE),
        (run("running", age=timedelta(days=1)), workflow("Running"), Upkeep.LEAVE),
        (run("running"), workflow("Succeeded", 30), Upkeep.LEAVE),
        (run("running"), workflow("Failed", 90), "its workflow blink-train-0 ended as Failed and recorded nothing"),
    ],
)
def test_a_run_is_started_left_or_over(active, carried, decided):
    assert upkeep(active, carried, NOW) == decided


def test_the_process_of_a_run_is_a_command_that_anybody_can_call():
    given = ("train", "cash_advance", "--run-id", str(UUID(int=7)), "--batch-id", "B")
    assert training_command(run(), Path("/home")) == (*given, "--deploy", "--home", "/home")
    assert training_command(run(deploy=False), Path("/home")) == (*given, "--home", "/home")
