"""Commands whose bundles are fetched from the model store."""

import json

import pytest

from blink.cli.main import run
from credit.model_store.folder import FolderStore
from tests.postgres.scoring.world import FIRST


@pytest.fixture
def elsewhere(world, monkeypatch, tmp_path):
    """A machine whose MODEL_DIR is empty, with the world's bundles in the store."""
    store = FolderStore(tmp_path / "store")
    store.put(world.model_dir / FIRST)
    monkeypatch.setenv("DATABASE_URL", world.url)
    monkeypatch.setenv("MODEL_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("MODEL_STORE", store.address)
    return tmp_path / "models"


def test_scoring_fetches_the_champions_bundle(elsewhere, capsys):
    assert run(["score", "cash_advance", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model_id"] == FIRST
    assert (elsewhere / FIRST / "manifest.sha256").is_file()


def test_a_model_is_verified_from_the_store(elsewhere, capsys):
    assert run(["model", "verify", "champion:cash_advance"]) == 0
    assert capsys.readouterr().out.startswith(f"{FIRST}: every hash is right, ")


def test_a_store_that_has_it_not_says_so(elsewhere, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("MODEL_STORE", str(tmp_path / "empty"))
    assert run(["score", "cash_advance"]) == 1
    said = capsys.readouterr().err
    assert f"no complete model at {tmp_path}/empty/{FIRST}: manifest.sha256 is not there" in said
    assert said.endswith("see `blink model list`\n")


def test_an_address_of_no_store_is_a_wrong_configuration(elsewhere, monkeypatch, capsys):
    monkeypatch.setenv("MODEL_STORE", "models")
    assert run(["score", "cash_advance"]) == 78
    assert "MODEL_STORE: 'models' is no address of a model store: give file:///FOLDER" in capsys.readouterr().err
