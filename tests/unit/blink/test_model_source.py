"""The model of MODEL_SOURCE where its store does not answer."""

import logging
import shutil
from pathlib import Path

import pytest

from blink.model_source import bringing
from blink.settings import ModelSource, Settings
from credit.bundle.reader import load_bundle
from credit.model_store.errors import ModelStoreAwayError
from tests.unit.credit.model_store.memory_files import MemoryFiles
from tests.unit.credit.model_store.store_contract import bundle, contents

__all__ = ["bundle"]


class AwayFiles(MemoryFiles):
    def __init__(self, address):
        super().__init__({}, away_at="manifest.sha256")
        self.address = address


@pytest.fixture
def bring(tmp_path, monkeypatch):
    """What a server does at its start, with the models of `tmp_path`, from an address that does not answer."""

    def bring(address, sha256=None):
        monkeypatch.setattr("blink.model_source.model_files", lambda *_: AwayFiles(address))
        settings = Settings(tmp_path, None, tmp_path, promote_to_prod=True)
        return bringing(ModelSource(address, sha256=sha256), settings)()

    return bring


@pytest.fixture
def here(bundle, tmp_path) -> Path:
    shutil.copytree(bundle, tmp_path / bundle.name)
    return tmp_path / bundle.name


def test_a_model_that_is_here_is_served_and_the_log_says_so_once(bring, here, caplog):
    caplog.set_level(logging.INFO)
    address = f"memory://models/{here.name}"
    assert bring(address) == here
    assert caplog.messages == [f"{address} does not answer; serves {here.name}, which MODEL_DIR has whole"]


def test_the_hash_decides_wherever_the_model_lay(bring, here):
    assert bring("memory://models/newest", load_bundle(here).manifest_sha256.upper()) == here


@pytest.mark.parametrize("name", ["newest", "model_other_20260101_000000", "..", ""])
def test_an_address_that_does_not_name_the_model_needs_its_store(bring, here, name):
    with pytest.raises(ModelStoreAwayError, match="does not answer"):
        bring(f"memory://models/{name}")


def test_another_hash_than_the_wanted_is_not_served_whatever_the_id(bring, here):
    with pytest.raises(ModelStoreAwayError, match="does not answer"):
        bring(f"memory://models/{here.name}", "0" * 64)


@pytest.mark.parametrize("by_hash", [False, True])
def test_a_model_that_is_not_whole_is_not_served(bring, here, by_hash):
    meant = load_bundle(here).manifest_sha256 if by_hash else None
    (here / "forest.bin").write_bytes(b"damaged")
    with pytest.raises(ModelStoreAwayError, match="does not answer"):
        bring(f"memory://models/{here.name}", meant)
    assert contents(here)["forest.bin"] == b"damaged"


def test_a_model_under_another_name_than_its_own_is_not_served(bring, here):
    here.rename(here.with_name("model_other_20260101_000000"))
    with pytest.raises(ModelStoreAwayError, match="does not answer"):
        bring("memory://models/model_other_20260101_000000")
