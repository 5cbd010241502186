"""A web server as a store, over TLS."""

from collections.abc import Iterator

import pytest

from credit.bundle.errors import BundleError
from credit.model_store import https_files
from credit.model_store.address import model_files, open_store
from credit.model_store.arrival import bring
from credit.model_store.errors import ModelStoreAddressError, ModelStoreAwayError, ModelStoreError, NotStoredError
from tests.unit.credit.model_store.https_server import HttpsServer, https_server
from tests.unit.credit.model_store.store_contract import bundle, contents

__all__ = ["bundle"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpsServer]:
    with https_server(tmp_path_factory.mktemp("tls")) as server:
        yield server


@pytest.fixture
def server(running: HttpsServer, bundle, monkeypatch: pytest.MonkeyPatch) -> HttpsServer:
    """Shows the bundle, and nothing else."""
    monkeypatch.setenv("SSL_CERT_FILE", str(running.certificate))
    monkeypatch.setenv("NO_PROXY", "localhost")
    running.told.__init__({f"/models/{bundle.name}/{name}": content for name, content in contents(bundle).items()})
    return running


def test_a_bundle_is_fetched_whole_and_known_to_be_there(server, bundle, tmp_path):
    store = open_store(f"{server.url}/models/")
    assert store.exists(bundle.name)
    assert contents(store.fetch(bundle.name, tmp_path)) == contents(bundle)


def test_what_is_not_there_is_said(server, tmp_path):
    store, other = open_store(f"{server.url}/models"), "model_cash_advance_19700101_000000"
    assert not store.exists(other)
    with pytest.raises(ModelStoreError, match=f"no complete model at {server.url}/models/{other}: .*blink model list"):
        store.fetch(other, tmp_path)


def test_a_damaged_file_is_named_with_its_url(server, bundle, tmp_path):
    damaged = f"/models/{bundle.name}/calibration.json"
    server.told.contents[damaged] = b"{}"
    with pytest.raises(BundleError, match=rf"{server.url}{damaged}: sha256 is"):
        bring(model_files(f"{server.url}/models/{bundle.name}"), tmp_path)


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (404, NotStoredError, "is not there"),
        (403, ModelStoreAddressError, "it is not there, or not for everybody"),
        (503, ModelStoreAwayError, "503 Service Unavailable"),
        (429, ModelStoreAwayError, "429 Too Many Requests"),
        (400, ModelStoreError, "400 Bad Request"),
    ],
)
def test_a_status_is_told_for_what_it_means(server, status, kind, said):
    server.told.statuses["/x/manifest.json"] = status
    with pytest.raises(kind, match=f"{server.url}/x/manifest.json.*{said}") as caught:
        model_files(f"{server.url}/x").read("manifest.json")
    assert type(caught.value) is kind


def test_a_redirection_is_followed_over_https_only(server):
    server.told.contents["/there"] = b"content"
    server.told.leads = {"/x/safe": f"{server.url}/there", "/x/plain": "http://localhost:1/there"}
    files = model_files(f"{server.url}/x")
    assert files.read("safe") == b"content"
    with pytest.raises(ModelStoreError, match="/x/plain leads to http:, and only https: is followed"):
        files.read("plain")


def test_an_answer_without_an_end_is_not_taken(server, monkeypatch):
    monkeypatch.setattr(https_files, "MOST_BYTES", 1000)
    server.told.contents |= {"/x/long": bytes(1001), "/x/longest": bytes(1000)}
    files = model_files(f"{server.url}/x")
    assert files.read("longest") == bytes(1000)
    with pytest.raises(ModelStoreError, match="/x/long: more than 1,000 bytes"):
        files.read("long")


def test_a_certificate_of_nobody_we_know_is_refused(server, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(ModelStoreAddressError, match=r"its certificate is not trusted: .*SSL_CERT_FILE"):
        model_files(f"{server.url}/x").read("manifest.json")


def test_a_server_that_is_away_is_worth_another_try(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "localhost")
    with pytest.raises(ModelStoreAwayError, match=r"https://localhost:9/x/manifest\.json does not answer"):
        model_files("https://localhost:9/x").read("manifest.json")
