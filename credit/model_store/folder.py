"""A folder as a store: a volume that jobs and servers mount, or one machine's own."""

from dataclasses import dataclass
from pathlib import Path

from credit.bundle import manifest
from credit.bundle.model_id import checked_model_id
from credit.bundle.writer import published_whole, write_file
from credit.model_store.errors import ModelStoreError
from credit.model_store.store import arrive, check_same, upload_order


@dataclass(frozen=True, slots=True)
class FolderStore:
    """Bundles as `root/<model_id>`."""

    root: Path

    @property
    def address(self) -> str:
        """The folder."""
        return str(self.root)

    def put(self, bundle: Path) -> None:
        """As `ModelStore.put`: copied beside its place and renamed."""
        model_id, names = upload_order(bundle)
        target = self.root / model_id
        ours = (bundle / manifest.HASH_FILE).read_bytes()
        if bundle.resolve() == target.resolve() or check_same(self.address, model_id, self._known(model_id), ours):
            return
        with published_whole(target) as unfinished:
            for name in names:
                write_file(unfinished / name, (bundle / name).read_bytes())

    def fetch(self, model_id: str, model_dir: Path) -> Path:
        """As `ModelStore.fetch`; where `model_dir` is the store, the directory itself."""
        if not self.exists(model_id):
            raise ModelStoreError(f"{self.address}: no bundle {model_id} there; see `blink model list`")
        source = self.root / model_id
        return arrive(model_id, model_dir, lambda name: (source / name).read_bytes())

    def exists(self, model_id: str) -> bool:
        """As `ModelStore.exists`."""
        return self._known(model_id) is not None

    def _known(self, model_id: str) -> bytes | None:
        try:
            return (self.root / checked_model_id(model_id) / manifest.HASH_FILE).read_bytes()
        except FileNotFoundError:
            return None
