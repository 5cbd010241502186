"""A folder as a store."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from credit.model_store.address import open_store
from credit.model_store.folder import FolderStore
from tests.unit.credit.model_store.store_contract import Place, StoreContract, bundle, contents, namesake

__all__ = ["bundle", "namesake"]


@dataclass(frozen=True)
class RawFolder:
    root: Path

    def write(self, model_id: str, name: str, content: bytes) -> None:
        (self.root / model_id / name).write_bytes(content)

    def remove(self, model_id: str, name: str) -> None:
        (self.root / model_id / name).unlink()


class TestFolderStore(StoreContract):
    @pytest.fixture
    def place(self, tmp_path_factory: pytest.TempPathFactory) -> Place:
        root = tmp_path_factory.mktemp("store") / "not" / "made"
        store = open_store(str(root))
        assert store == FolderStore(root)
        return Place(store, RawFolder(root))


def test_a_folder_that_is_the_model_directory_itself_keeps_its_bundle(bundle):
    store = FolderStore(bundle.parent)
    before = contents(bundle)
    store.put(bundle)
    assert store.fetch(bundle.name, bundle.parent) == bundle
    assert contents(bundle) == before


def test_many_who_fetch_at_once_get_the_same(bundle, tmp_path):
    store = FolderStore(tmp_path / "store")
    store.put(bundle)
    with ThreadPoolExecutor(4) as pool:
        fetched = set(pool.map(lambda _: store.fetch(bundle.name, tmp_path / "models"), range(8)))
    assert fetched == {tmp_path / "models" / bundle.name}
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == [".writers.lock", bundle.name]
