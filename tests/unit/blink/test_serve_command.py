"""`blink serve` as a caller meets it before anything is served."""

from pathlib import Path

import pytest

from blink.cli.main import run
from blink.cli.parser import build_parser
from blink.commands.serve import worker_command
from blink.settings import Settings
from predictor.server import Listening
from predictor.worker_states import WorkerPlace

LISTENING = Listening("127.0.0.1", 8085, 8086)


@pytest.mark.parametrize(("made", "state"), [(True, "is empty"), (False, "does not exist")])
def test_a_bundle_that_is_not_there_ends_with_78_and_says_what_to_compare(tmp_path, capsys, made, state):
    path = tmp_path / "models"
    if made:
        path.mkdir()
    assert run(["serve", "--bundle", str(path)]) == 78
    said = capsys.readouterr().err
    assert f"--bundle {path}: the directory {state}; a model bundle is needed" in said
    assert "spec.predictor.model.storageUri" in said


def test_without_a_portfolio_and_a_bundle_there_is_nothing_to_serve(capsys):
    assert run(["serve"]) == 2
    assert "give a PORTFOLIO, whose champion is served, or --bundle DIR" in capsys.readouterr().err


def test_a_directory_that_is_no_bundle_names_the_missing_file(tmp_path, capsys):
    (tmp_path / "readme.txt").write_text("no model")
    assert run(["serve", "--bundle", str(tmp_path)]) == 1
    assert "manifest.sha256: cannot be read in" in capsys.readouterr().err


@pytest.mark.parametrize(
    "given",
    [
        ["cash_advance", "--model-name", "scores"],
        ["--bundle", "model", "--spool", "spool", "--audited-only", "--log-format", "json"],
    ],
)
def test_a_worker_is_told_all_that_its_server_was_told(given):
    parser = build_parser()
    told = ["--home", "home", "--host", "127.0.0.1", "--http-port", "8085", "--grpc-port", "8086", "--workers", "2"]
    asked = parser.parse_args(["serve", *given, *told])
    settings = Settings(Path("home"), None, Path("models"), promote_to_prod=True)
    command = worker_command(asked, settings, WorkerPlace(1, 2, Path("shared")), LISTENING)
    own = {"worker": 1, "worker_directory": Path("shared")}
    assert vars(parser.parse_args(command[3:])) == vars(asked) | own


@pytest.mark.parametrize(
    ("source", "loading", "code", "said"),
    [
        ("nowhere", "start", 78, "MODEL_SOURCE: 'nowhere' is no address of a model store"),
        ("nowhere", "first_request", 78, "MODEL_SOURCE: 'nowhere' is no address of a model store"),
        ("{}/absent", "start", 1, "no complete model at {}/absent"),
        ("{}/absent", "first_request", 2, "MODEL_LOADING=first_request needs a PORTFOLIO"),
    ],
)
def test_a_source_that_cannot_be_served_is_said_before_anything_listens(
    tmp_path, monkeypatch, capsys, *, source, loading, code, said
):
    monkeypatch.setenv("MODEL_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("MODEL_SOURCE", source.format(tmp_path))
    monkeypatch.setenv("MODEL_LOADING", loading)
    assert run(["serve"]) == code
    assert said.format(tmp_path) in capsys.readouterr().err
