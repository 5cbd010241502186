"""The steps as a workflow calls them: exit codes, and facts in files."""

import json
from datetime import datetime

import pytest
from sqlalchemy import text

from blink.cli.main import run
from credit.database.pipeline_figures import last_finished
from credit.database.pipeline_runs import get_run, list_runs
from credit.database.session_lock import locked_session
from credit.database.training_runs import RunWish, close_run, training_run
from tests.postgres.scoring.world import FIRST, PORTFOLIO, START

NEVER = "00000000-0000-0000-0000-000000000009"


@pytest.fixture
def blink(world, monkeypatch, tmp_path, capsys):
    """Runs a command, and gives its exit code, its facts as files, and what it said on standard error."""
    monkeypatch.setenv("DATABASE_URL", world.url)
    monkeypatch.setenv("MODEL_DIR", str(world.model_dir))
    out = tmp_path / "facts"

    def call(*arguments):
        code = run([*arguments, f"--out={out}"])
        facts = {path.name: path.read_text() for path in out.iterdir()}
        for path in out.iterdir():
            path.unlink()
        return code, facts, capsys.readouterr().err

    return call


def test_a_workflow_scores_everybody_by_the_facts_alone(blink, world):
    code, planned, _ = blink("score", "plan", "cash_advance", "--as-of=", "--shards=2", "--workflow=w1")
    assert (code, planned["state"], planned["model_id"], planned["resumed"]) == (0, "planned", FIRST, "false")
    shards, run_id = json.loads(planned["shards"]), planned["run_id"]
    assert shards == [0, 1]
    scored = 0
    for shard in shards:
        code, facts, said = blink("score", "shard", "cash_advance", f"--run-id={run_id}", f"--shard={shard}")
        assert (code, facts["run_id"], facts["shard"]) == (0, run_id, str(shard))
        assert f"score cash_advance, shard {shard} of 2: {facts['scored']} of {facts['scored']}" in said
        scored += int(facts["scored"])
    assert scored == 7
    code, finished, _ = blink("score", "finish", "cash_advance", f"--run-id={run_id}")
    assert (code, finished["state"], finished["scored"]) == (0, "succeeded", "7")
    assert (finished["as_of"], finished["model_id"]) == (planned["as_of"], FIRST)
    assert blink("score", "finish", "cash_advance", f"--run-id={run_id}")[1] == finished
    code, nothing, _ = blink("score", "plan", "cash_advance")
    assert (code, {name: nothing[name] for name in ("state", "run_id", "shards", "as_of", "model_id")}) == (
        0,
        {"state": "nothing_new", "run_id": "", "shards": "[]", "as_of": "", "model_id": ""},
    )


def test_without_a_model_a_plan_has_nothing_to_do_and_says_why(blink, world):
    with world.owner.begin() as connection:
        connection.execute(text("UPDATE blink.blink_models SET status = 'retired'"))
    code, facts, _ = blink("score", "plan", "cash_advance", "--workflow=w1")
    assert (code, facts["state"], facts["run_id"], facts["shards"]) == (0, "no_model", "", "[]")
    assert facts["summary"].endswith("no model is deployed; run `blink train cash_advance --deploy` first")
    with world.owner.connect() as connection:
        assert list_runs(connection) == ()


def test_a_look_that_finds_nobody_counts_as_scoring_that_ended(blink, world):
    blink("score", "plan", "cash_advance")
    with world.owner.connect() as connection:
        [begun], [run] = last_finished(connection), list_runs(connection)
    assert begun.at == run.as_of

    def last() -> datetime:
        with world.owner.connect() as connection:
            [scoring] = last_finished(connection)
        assert (scoring.portfolio, scoring.kind) == ("cash_advance", "score")
        return scoring.at

    world.score()
    scored = last()
    assert blink("score", "plan", "cash_advance")[1]["state"] == "nothing_new"
    assert last() > scored


def test_exit_codes_say_what_is_worth_another_try(blink, world):
    with locked_session(world.owner, "blink.score:cash_advance", busy=""):
        code, facts, said = blink("score", "plan", "cash_advance")
    assert (code, facts["exit_code"]) == (75, "75")
    assert said == f"blink: {facts['error']}\n"
    assert blink("score", "finish", "cash_advance", f"--run-id={NEVER}")[0] == 1
    assert blink("score", "plan", "nowhere")[0] == 78


def test_runs_are_listed_shown_and_closed_by_their_workflows_end(blink, world, capsys):
    _, planned, _ = blink("score", "plan", "cash_advance", "--workflow=w1")
    run_id = planned["run_id"]
    failures = json.dumps([{"displayName": "shard(0)", "message": "OOMKilled (exit code 137)"}])
    ended = ("runs", "record", "cash_advance", "--kind=score", "--workflow=w1", "--status=Failed", "--run-id=")
    code, facts, _ = blink(*ended, f"--message={json.dumps(failures)}")
    assert (code, facts["summary"]) == (0, f"w1 Failed: score run {run_id} is running")
    assert run(["runs", "show", run_id]) == 0
    shown = capsys.readouterr().out
    for line in (f"score run {run_id}  running", "  workflow      w1", "  in workflow   w1 Failed at 20"):
        assert line in shown
    assert "shard(0): OOMKilled (exit code 137)" in shown
    assert run(["score", "cash_advance"]) == 0
    capsys.readouterr()
    assert run(["runs", "list"]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.startswith("run ")
    assert line.startswith(f"{run_id}  score  cash_advance")
    assert line.endswith(f"7 scored by {FIRST}")
    code, facts, _ = blink("runs", "show", run_id)
    assert (code, facts["state"], json.loads(facts["outcome"])["scored"], facts["finished_at"][:2]) == (
        0,
        "succeeded",
        7,
        "20",
    )


def test_an_exit_handler_of_a_portfolio_whose_file_is_broken_still_records(blink, world):
    code, facts, _ = blink(
        "runs", "record", "mine", "--kind=train", "--workflow=w1", "--status=Error", f"--run-id={NEVER}"
    )
    assert (code, facts["summary"]) == (0, f"w1 Error: train run {NEVER} is failed")
    with world.owner.connect() as connection:
        assert [get_run(connection, json.loads(facts["runs"])[0]["run_id"]).portfolio] == ["mine"]


def test_a_training_that_is_done_is_told_and_not_repeated(blink, world):
    with training_run(world.owner, RunWish(PORTFOLIO.name), now=START) as begun, world.owner.begin() as connection:
        outcome = {"model_id": FIRST, "decision": "refused", "reason": "worse"}
        close_run(connection, begun, state="succeeded", outcome=outcome, now=START)
    code, facts, _ = blink("train", "cash_advance", "--deploy", f"--run-id={begun.run_id}", "--batch-id=", "--reason=")
    assert (code, facts) == (
        0,
        {
            "run_id": str(begun.run_id),
            "state": "succeeded",
            "model_id": FIRST,
            "decision": "refused",
            "summary": f"run {begun.run_id} had succeeded already, nothing was trained: {FIRST}; refused",
        },
    )


def test_a_training_that_is_refused_says_so_and_its_retry_does_not_try_again(blink, world):
    call = ("train", "cash_advance", f"--run-id={NEVER}", "--batch-id=B-1", "--workflow=w1")
    code, facts, said = blink(*call)
    assert (code, facts["exit_code"]) == (1, "1")
    assert f"run {NEVER} begun, labels as of 20" in said
    assert "0 labelled rows" in facts["error"]
    code, facts, _ = blink(*call)
    assert (code, facts["state"], facts["model_id"], facts["decision"]) == (0, "refused", "", "")
    assert facts["summary"].startswith(
        f"run {NEVER} was refused already, nothing was trained: too few rows: 0 labelled"
    )
