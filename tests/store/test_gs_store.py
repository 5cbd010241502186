"""Google Cloud Storage as a store: its client, on a server that answers as the service does."""

import gc
import warnings
from collections.abc import Iterator

import pytest

from credit.model_store.address import open_store
from credit.model_store.errors import ModelStoreAddressError, ModelStoreError, NotStoredError
from credit.model_store.gs import GcsFiles
from tests.store.stub_server import Objects, stub_server
from tests.unit.credit.model_store.store_contract import bundle, contents

__all__ = ["bundle"]


# Of an answer that is an error Google's client keeps the connection, closed or not, until it is garbage.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(scope="module", autouse=True)
def _nothing_left() -> Iterator[None]:
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def service(bundle, monkeypatch) -> Iterator[Objects]:
    folder = f"/download/storage/v1/b/models/o/credit/{bundle.name}"
    with stub_server(Objects({f"{folder}/{name}": content for name, content in contents(bundle).items()})) as objects:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", objects.url)
        yield objects


def test_a_bundle_is_fetched_whole_and_known_to_be_there(service, bundle, tmp_path):
    store = open_store("gs://models/credit/")
    assert (store.address, store.writable) == ("gs://models/credit", False)
    assert store.exists(bundle.name)
    assert not store.exists("model_cash_advance_19700101_000000")
    assert contents(store.fetch(bundle.name, tmp_path)) == contents(bundle)
    store.files.client.close()


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (404, NotStoredError, "is not there"),
        (403, ModelStoreAddressError, "check the login and its rights"),
        (401, ModelStoreAddressError, "check the login"),
        (400, ModelStoreError, "400"),
    ],
)
def test_an_answer_is_told_for_what_it_means(service, status, kind, said):
    service.missing = status, {}
    files = GcsFiles("models", "credit")
    with pytest.raises(kind, match=f"gs://models/credit/x.*{said}") as caught:
        files.read("x")
    files.client.close()
    assert type(caught.value) is kind
