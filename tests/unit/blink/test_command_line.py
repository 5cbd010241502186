"""The command line as a caller meets it: help, wrong calls, exit codes, times."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module, resources

import pytest

from blink.cli.main import run
from blink.cli.parser import build_parser, describe, utc_time

COMMANDS = dict(describe(build_parser()))


def handler(parser):
    return parser.get_default("handler")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_handler_and_says_what_it_does(name):
    module, function = handler(COMMANDS[name]).split(":")
    assert callable(getattr(import_module(module), function))
    assert COMMANDS[name].description


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1994-03-31", datetime(1994, 3, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2026-01-31T12:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00+02:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
    ],
)
def test_a_date_means_its_end_and_a_time_without_offset_is_utc(text, time):
    assert utc_time(text) == time


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["score"], "the following arguments are required: PORTFOLIO"),
        (["score", "cash_advance", "--as-of", "soon"], "'soon' is not a date or time such as"),
        (["data", "generate", "cash_advance", "--users", "0"], "0 is not above 0"),
        (["score", "plan", "cash_advance", "--shards", "0"], "0 is not above 0"),
        (["score", "shard", "cash_advance", "--shard", "0"], "the following arguments are required: --run-id"),
        (["score", "finish", "cash_advance", "--run-id", "7"], "'7' is no run's id: see blink runs list"),
        (["train", "cash_advance", "--batch-id", "../x"], "batch id '../x': must be letters, digits, _ and -"),
    ],
)
def test_a_wrong_call_exits_with_2_and_names_the_fault(arguments, message, capsys):
    with pytest.raises(SystemExit) as caught:
        run(arguments)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["score", "cash_advance"], "blink.commands.score:score"),
        (["score", "./plan"], "blink.commands.score:score"),
        (["score", "plan", "cash_advance"], "blink.commands.score:plan"),
        (["score", "--json", "plan"], "blink.commands.score:score"),
        (["runs", "list"], "blink.commands.runs:list_latest"),
    ],
)
def test_a_command_has_steps_beside_its_own_use(arguments, expected):
    assert build_parser().parse_args(arguments).handler == expected


def test_what_a_workflow_leaves_empty_was_not_given():
    empty = [f"--{name}=" for name in ("run-id", "batch-id", "workflow", "as-of", "reason")]
    chosen = build_parser().parse_args(["train", "cash_advance", *empty])
    assert {chosen.run_id, chosen.batch_id, chosen.workflow, chosen.as_of, chosen.reason} == {None}


def test_an_own_portfolio_goes_by_its_name(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("BLINK_PORTFOLIOS", str(tmp_path))
    assert run(["portfolio", "check", "mine"]) == 78
    text = (resources.files("credit") / "builtin" / "cash_advance.toml").read_text("utf-8")
    (tmp_path / "mine.toml").write_text(text.replace('"cash_advance"', '"mine"', 1))
    assert run(["portfolio", "check", "mine"]) == 0
    assert capsys.readouterr().out.startswith("mine: scores a ")
    assert run(["portfolio", "check", "yours"]) == 78
    names = "cash_advance, consumer_credit, defi_lending, mine, trade_credit"
    assert f"give one of {names}, or the path of a TOML file" in capsys.readouterr().err


def test_an_unknown_portfolio_exits_with_78_and_names_those_that_exist(capsys):
    assert run(["portfolio", "check", "cash_advances"]) == 78
    printed = capsys.readouterr()
    assert printed.err == (
        "blink: no portfolio 'cash_advances': give one of cash_advance, consumer_credit, defi_lending, trade_credit, "
        "or the path of a TOML file\n"
    )
    assert printed.out == ""


def test_errors_are_an_object_too_where_json_was_asked_for(capsys):
    assert run(["portfolio", "check", "nowhere.toml", "--json"]) == 78
    assert json.loads(capsys.readouterr().out)["exit_code"] == 78


def test_a_portfolio_is_described(capsys):
    assert run(["portfolio", "check", "cash_advance", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["name"] == "cash_advance"
    assert facts["features"][:2] == ["metric_debt_load30", "metric_overdraft_count90"]


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [("portfolio", "check", "cash_advance"), ("model", "--help")])
def test_a_reader_that_has_gone_is_no_fault(arguments, unbuffered):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "blink", *arguments]
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    os.close(writing)
    # argparse itself passes over what it cannot write at once.
    passed_over = unbuffered and "--help" in arguments
    assert (done.returncode, done.stderr) == (0 if passed_over else 128 + signal.SIGPIPE, "")


def test_a_connection_that_broke_is_not_taken_for_a_reader_that_has_gone(monkeypatch, capsys):
    def broken(_):
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(import_module("blink.commands.portfolio"), "check", broken)
    with pytest.raises(BrokenPipeError):
        run(["portfolio", "check", "cash_advance"])
    assert capsys.readouterr().out == ""
