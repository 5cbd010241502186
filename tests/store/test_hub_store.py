"""The Hugging Face hub as a store: its client, on a server that answers as the hub does."""

from collections.abc import Iterator

import pytest

from credit.model_store.arrival import bring
from credit.model_store.errors import ModelStoreAddressError, ModelStoreAwayError, ModelStoreError, NotStoredError
from credit.model_store.hub import HubFiles
from tests.store.stub_server import Objects, stub_server
from tests.unit.credit.model_store.store_contract import bundle, contents

__all__ = ["bundle"]


@pytest.fixture
def hub(bundle, monkeypatch) -> Iterator[Objects]:
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
    shown = {f"/lender/model/resolve/v3/cards/{name}": content for name, content in contents(bundle).items()}
    with stub_server(Objects(shown)) as objects:
        yield objects


def files(hub: Objects) -> HubFiles:
    return HubFiles("lender/model", "v3", endpoint=hub.url).within("cards")


def test_a_bundle_is_brought_from_a_folder_of_a_repository(hub, bundle, tmp_path):
    assert contents(bring(files(hub), tmp_path).path) == contents(bundle)
    assert files(hub).address == "hf://lender/model:v3/cards"


@pytest.mark.parametrize(
    ("status", "code", "kind", "said"),
    [
        (404, "EntryNotFound", NotStoredError, "is not there"),
        (404, "RepoNotFound", ModelStoreAddressError, "no such repository or revision"),
        (404, "RevisionNotFound", ModelStoreAddressError, "no such repository or revision"),
        (403, "GatedRepo", ModelStoreAddressError, "no such repository or revision, or not for us"),
        (401, "", ModelStoreAddressError, "the hub answers 401; check HF_TOKEN"),
        (400, "", ModelStoreError, "the hub answers 400"),
        (503, "", ModelStoreAwayError, "the hub answers 503"),
    ],
)
def test_an_answer_is_told_for_what_it_means(hub, *, status, code, kind, said):
    hub.missing = status, {"X-Error-Code": code}
    with pytest.raises(kind, match=f"hf://lender/model:v3/cards/x.*{said}") as caught:
        files(hub).read("x")
    assert type(caught.value) is kind


def test_a_hub_that_is_away_is_worth_another_try(hub):
    with pytest.raises(ModelStoreAwayError, match="the hub does not answer"):
        HubFiles("lender/model", endpoint="http://127.0.0.1:9").read("manifest.json")
