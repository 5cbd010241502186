"""What every store must do; a test class a store inherits it and gives the fixture `place`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from credit.bundle.errors import BundleError
from credit.bundle.reader import load_bundle
from credit.model_store.errors import ModelStoreError
from credit.model_store.store import ModelStore
from tests.unit.predictor.serving_example import example_bundle


class Raw(Protocol):
    """A store's bytes, past its rules."""

    def write(self, model_id: str, name: str, content: bytes) -> None: ...

    def remove(self, model_id: str, name: str) -> None: ...


@dataclass(frozen=True)
class Place:
    store: ModelStore
    raw: Raw


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return example_bundle(tmp_path_factory.mktemp("models")).path


@pytest.fixture(scope="session")
def namesake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another model under the same id."""
    return example_bundle(tmp_path_factory.mktemp("others"), seed=1).path


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


class StoreContract:
    def test_what_was_put_is_fetched_whole(self, place, bundle, tmp_path):
        assert not place.store.exists(bundle.name)
        place.store.put(bundle)
        assert place.store.exists(bundle.name)
        fetched = place.store.fetch(bundle.name, tmp_path / "new" / "models")
        assert fetched == tmp_path / "new" / "models" / bundle.name
        assert contents(fetched) == contents(bundle)
        assert load_bundle(fetched).model_id == bundle.name

    def test_the_same_bundle_twice_is_once(self, place, bundle):
        assert [place.store.put(bundle) for _ in range(2)] == [True, False]
        assert place.store.exists(bundle.name)

    def test_another_bundle_of_the_same_id_is_refused_and_changes_nothing(self, place, bundle, namesake, tmp_path):
        place.store.put(bundle)
        with pytest.raises(ModelStoreError, match=f"holds another bundle as {bundle.name}: a model id is never reused"):
            place.store.put(namesake)
        assert contents(place.store.fetch(bundle.name, tmp_path)) == contents(bundle)

    def test_a_damaged_bundle_is_not_stored(self, place, bundle, tmp_path):
        damaged = tmp_path / bundle.name
        damaged.mkdir()
        for name, content in contents(bundle).items():
            (damaged / name).write_bytes(content + b" " * (name == "calibration.json"))
        with pytest.raises(BundleError, match=r"calibration\.json"):
            place.store.put(damaged)
        assert not place.store.exists(bundle.name)

    def test_what_is_not_there_is_said(self, place, tmp_path):
        with pytest.raises(ModelStoreError, match=r"model_cash_advance_19700101_000000.*blink model list"):
            place.store.fetch("model_cash_advance_19700101_000000", tmp_path)
        assert list(tmp_path.glob("model_*")) == []

    def test_a_file_that_is_missing_there_is_named(self, place, bundle, tmp_path):
        place.store.put(bundle)
        place.raw.remove(bundle.name, "golden.json")
        with pytest.raises(ModelStoreError, match=r"golden\.json is not there"):
            place.store.fetch(bundle.name, tmp_path)

    def test_without_the_manifests_hash_there_is_no_model(self, place, bundle, tmp_path):
        place.store.put(bundle)
        place.raw.remove(bundle.name, "manifest.sha256")
        assert not place.store.exists(bundle.name)
        with pytest.raises(ModelStoreError, match=f"no complete model at .*/{bundle.name}"):
            place.store.fetch(bundle.name, tmp_path)

    def test_what_was_damaged_there_does_not_arrive(self, place, bundle, tmp_path):
        place.store.put(bundle)
        place.raw.write(bundle.name, "calibration.json", b"{}")
        with pytest.raises(BundleError, match=r"calibration\.json: sha256 is"):
            place.store.fetch(bundle.name, tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [".writers.lock"]

    def test_what_is_there_already_is_not_fetched_again(self, place, bundle, tmp_path):
        place.store.put(bundle)
        first = place.store.fetch(bundle.name, tmp_path)
        place.raw.write(bundle.name, "calibration.json", b"{}")
        assert place.store.fetch(bundle.name, tmp_path) == first
        assert contents(first) == contents(bundle)

    @pytest.mark.parametrize("model_id", ["../elsewhere", "a/b", ""])
    def test_a_name_that_is_no_model_id_reaches_nothing(self, place, model_id, tmp_path):
        with pytest.raises((BundleError, ValueError, ModelStoreError)):
            place.store.fetch(model_id, tmp_path)
