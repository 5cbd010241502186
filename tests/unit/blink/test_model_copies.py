"""`blink model upload` and `download` between folders, and how they are called."""

import json
from pathlib import Path

import pytest

from blink.cli.main import run
from credit.bundle.reader import load_bundle
from tests.unit.credit.model_store.store_contract import bundle, contents, namesake

__all__ = ["bundle", "namesake"]


@pytest.fixture
def store(tmp_path, monkeypatch) -> Path:
    """MODEL_STORE, beside MODEL_DIR."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MODEL_STORE", f"file://{tmp_path}/store")
    monkeypatch.setenv("MODEL_DIR", str(tmp_path / "models"))
    return tmp_path / "store"


def test_an_upload_is_told_once_and_a_second_one_changes_nothing(store, bundle, capsys):
    sha256 = load_bundle(bundle).manifest_sha256
    facts = {"model_id": bundle.name, "address": f"{store}/{bundle.name}", "manifest_sha256": sha256}
    assert run(["model", "upload", str(bundle), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {**facts, "new": True}
    assert contents(store / bundle.name) == contents(bundle)
    assert run(["model", "upload", str(bundle)]) == 0
    told = f"{store}/{bundle.name}: was there already, the same; nothing was changed\nmanifest sha256 {sha256}\n"
    assert capsys.readouterr().out == told


def test_another_bundle_under_the_same_id_is_refused(store, bundle, namesake, capsys):
    run(["model", "upload", str(bundle)])
    assert run(["model", "upload", str(namesake)]) == 1
    assert f"holds another bundle as {bundle.name}" in capsys.readouterr().err
    assert contents(store / bundle.name) == contents(bundle)


@pytest.mark.parametrize("form", ["{0}", "file://{1}/{0}", "{1}/{0}"])
def test_a_download_is_proved_and_told(store, bundle, tmp_path, capsys, form):
    run(["model", "upload", str(bundle)])
    capsys.readouterr()
    sha256 = load_bundle(bundle).manifest_sha256
    asked = ["model", "download", form.format(bundle.name, store), "--sha256", sha256, "--json"]
    assert [run(asked), run(asked)] == [0, 0]
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {
        "model_id": bundle.name,
        "portfolio": "cash_advance",
        "path": str(tmp_path / "models" / bundle.name),
        "new": True,
        "manifest_sha256": sha256,
        "golden_rows": len(load_bundle(bundle).golden.rows),
    }
    assert second == {**first, "new": False}
    assert contents(tmp_path / "models" / bundle.name) == contents(bundle)


def test_a_download_of_another_bundle_than_was_meant_is_refused(store, bundle, capsys):
    run(["model", "upload", str(bundle)])
    assert run(["model", "download", bundle.name, "--sha256", "0" * 64]) == 1
    assert f"is there, not {'0' * 64}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["upload", "./m", "--key-prefix", "p"], 2, "--key-prefix belongs to --bucket"),
        (
            ["upload", "./m", "--bucket", "b", "--access-key", "k"],
            2,
            "--access-key and --secret-key-file belong together",
        ),
        (["download", "./m", "--secret-key-file", "f"], 2, "--access-key and --secret-key-file belong together"),
        (["upload", "./m"], 1, "manifest.sha256: cannot be read in m"),
        (["download", "./m"], 78, "'./m' is no address of a model store"),
        (["download", "http://lender.example/m"], 78, "only https: is read"),
        (["download", "model_x_19700101_000000"], 1, "no complete model at"),
    ],
)
def test_a_call_that_cannot_be_followed_names_what_is_wrong(store, capsys, arguments, code, said):
    assert run(["model", *arguments]) == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "two secrets", "a\nb"])
def test_a_secret_comes_from_a_file_that_holds_nothing_else(store, tmp_path, capsys, content):
    secret = tmp_path / "secret"
    secret.write_text(content)
    keys = ["--access-key", "k", "--secret-key-file", str(secret)]
    assert run(["model", "upload", "./m", "--bucket", "b", *keys]) == 78
    assert capsys.readouterr().err == f"blink: --secret-key-file {secret}: must hold one secret and nothing else\n"


def test_without_a_store_there_is_nowhere_to_go(store, monkeypatch, capsys):
    monkeypatch.delenv("MODEL_STORE")
    assert [run(["model", "upload", "./m"]), run(["model", "download", "model_x"])] == [2, 2]
    said = capsys.readouterr().err
    assert "nowhere to store it: give --bucket B, or set MODEL_STORE" in said
    assert "model_x: a model id needs a store at MODEL_STORE" in said


@pytest.mark.parametrize("command", [["model", "upload", "./m"], ["train", "cash_advance"]])
def test_a_store_that_is_only_read_is_said_before_the_work(store, monkeypatch, capsys, command):
    monkeypatch.setenv("MODEL_STORE", "https://models.lender.example")
    assert run(command) == 78
    assert "https://models.lender.example is only read by blink; to train, name" in capsys.readouterr().err
