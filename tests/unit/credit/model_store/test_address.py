"""Which store an address names."""

import sys
from pathlib import Path

import pytest

from credit.model_store.address import model_files, open_store
from credit.model_store.errors import ModelStoreAddressError
from credit.model_store.folder import FolderFiles, FolderStore
from credit.model_store.https_files import HttpsFiles
from credit.model_store.store import ReadStore


@pytest.mark.parametrize("address", ["/models/blink", "file:///models/blink", "file:///models/blink/"])
def test_a_folder_is_a_store_to_write_to(address):
    store = open_store(address)
    assert (store, store.writable) == (FolderStore(Path("/models/blink")), True)
    assert model_files(address) == FolderFiles(Path("/models/blink"))


@pytest.mark.parametrize("address", ["/my models/50%25?#1", "file:///my%20models/50%2525%3F%231"])
def test_a_path_is_taken_as_it_is_and_a_url_decoded(address):
    assert model_files(address) == FolderFiles(Path("/my models/50%25?#1"))


def test_a_web_server_is_a_store_to_read_from():
    store = open_store("https://models.lender.example/blink/")
    assert (store, store.writable) == (ReadStore(HttpsFiles("https://models.lender.example/blink")), False)
    assert store.address == "https://models.lender.example/blink"


def test_what_is_only_read_says_how_it_is_written(tmp_path):
    with pytest.raises(ModelStoreAddressError, match=r"only read by blink: put m there .*, manifest\.sha256 last"):
        open_store("https://models.lender.example").put(tmp_path / "m")


@pytest.mark.parametrize(
    "address",
    ["models", "", "s3://", "gs:///models", "hf://owner", "s3://bucket/a?b=c", "pvc://claim/models", "file://host/a"],
)
def test_an_address_of_no_store_is_refused(address):
    for named in (open_store, model_files):
        with pytest.raises(ModelStoreAddressError, match="is no address of a model store: give file:///FOLDER"):
            named(address)


def test_an_address_that_cannot_be_read_is_refused():
    with pytest.raises(ModelStoreAddressError, match="is no address: Invalid IPv6 URL"):
        open_store("https://[models/m")


def test_http_is_refused_with_the_reason():
    with pytest.raises(ModelStoreAddressError, match=r"only https: is read\. A bundle's hashes lie beside it"):
        model_files("http://models.lender.example/m")


def test_a_password_in_an_address_is_refused_and_not_repeated():
    with pytest.raises(ModelStoreAddressError) as caught:
        model_files("https://reader:hunter2@models.lender.example/m")
    assert "holds no user and no password" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "ours", "vendor", "extra"),
    [
        ("gs://bucket/m", "gs", "google.api_core", "gs"),
        ("hf://owner/m", "hub", "httpx2", "hf"),
        ("s3://bucket/m", "s3", "boto3", "store"),
    ],
)
def test_a_client_that_is_not_installed_is_named_with_its_extra(monkeypatch, address, ours, vendor, extra):
    monkeypatch.delitem(sys.modules, f"credit.model_store.{ours}", raising=False)
    for name in [name for name in sys.modules if name.startswith(f"{vendor}.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, vendor, None)
    with pytest.raises(ModelStoreAddressError, match=rf"needs {vendor}.*install blinkscoring\[{extra}\]"):
        model_files(address)
