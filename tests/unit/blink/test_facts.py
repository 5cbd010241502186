"""Facts as files: what --json prints, a member a file."""

import json

import pytest

from blink.cli.main import run
from blink.outcome import Outcome, WrongCallError, prepare_facts, write_facts


def files(folder):
    return {path.name: path.read_text("utf-8") for path in folder.iterdir()}


def test_a_string_is_written_as_it_is_and_everything_else_as_json(tmp_path):
    facts = {"state": "planned", "run_id": "", "shards": [0, 2], "note": None, "done": True, "name": "Žofie"}
    write_facts(facts, prepare_facts(tmp_path / "a" / "b"))
    assert files(tmp_path / "a" / "b") == {
        "state": "planned",
        "run_id": "",
        "shards": "[0, 2]",
        "note": "null",
        "done": "true",
        "name": "Žofie",
    }


def test_every_command_writes_what_it_prints_as_json(tmp_path, capsys):
    assert run(["portfolio", "check", "cash_advance", "--json", "--out", str(tmp_path)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert files(tmp_path) == {"name": "cash_advance", "features": json.dumps(printed["features"])}


def test_a_failure_is_told_in_files_too_and_gone_after_the_next_success(tmp_path, capsys):
    assert run(["portfolio", "check", "nowhere", "--out", str(tmp_path)]) == 78
    assert files(tmp_path).keys() == {"error", "exit_code"}
    assert files(tmp_path)["exit_code"] == "78"
    assert run(["portfolio", "check", "cash_advance", "--out", str(tmp_path)]) == 0
    assert files(tmp_path).keys() == {"name", "features"}


def test_a_folder_that_cannot_be_made_is_a_wrong_call_before_any_work(tmp_path, capsys):
    (tmp_path / "file").touch()
    with pytest.raises(WrongCallError, match=r"--out .*/file/facts: Not a directory; give a folder"):
        prepare_facts(tmp_path / "file" / "facts")
    assert run(["portfolio", "check", "cash_advance", "--out", str(tmp_path / "file" / "facts")]) == 2
    assert capsys.readouterr().out == ""


def test_a_folder_of_artifacts_holds_no_facts(tmp_path, capsys, monkeypatch):
    def exported(arguments):
        (arguments.folder / "model.txt").write_text("trees")
        return Outcome("written", {"files": ["model.txt"]})

    monkeypatch.setattr("blink.commands.model.export", exported)
    out = tmp_path / "artifacts"
    out.mkdir()
    assert run(["model", "export", "champion:loans", "--to", "lynq", "--out", str(out), "--json"]) == 0
    assert files(out) == {"model.txt": "trees"}
    assert json.loads(capsys.readouterr().out) == {"files": ["model.txt"]}


def test_artifacts_need_a_folder_that_can_be_written_to(tmp_path, capsys):
    (tmp_path / "file").touch()
    out = str(tmp_path / "file" / "artifacts")
    assert run(["model", "export", "champion:loans", "--to", "tl2cgen", "--out", out]) == 2
    assert f"--out {out}: Not a directory; give a folder that can be written to" in capsys.readouterr().err
