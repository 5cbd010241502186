"""What every store can do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from credit.bundle import manifest
from credit.bundle.model_id import ModelId, checked_model_id
from credit.bundle.reader import verify_hashes
from credit.model_store.arrival import bring
from credit.model_store.errors import ModelStoreAddressError, ModelStoreError, NotStoredError
from credit.model_store.files import StoredFiles


class ModelStore(Protocol):
    """Bundles by model id. A bundle is there when its `manifest.sha256` is, which is stored last."""

    @property
    def address(self) -> str:
        """Where the store is, for messages."""

    @property
    def writable(self) -> bool:
        """Whether bundles can be put there."""

    def put(self, bundle: Path) -> bool:
        """Store a whole bundle; False where the same bundle was there already, and nothing was changed.

        Raises:
            BundleError: where a file of it has not the hash that its manifest says.
            ModelStoreError: where the store holds another bundle under its model id, which is never replaced.
            ModelStoreAddressError: where it is not writable.
            ModelStoreAwayError: where the store does not answer.
        """

    def fetch(self, model_id: str, model_dir: Path) -> Path:
        """The bundle's directory under `model_dir`, brought there whole where it is not there yet.

        Raises:
            BundleError: where what arrived has not the hashes that its manifest says.
            ModelStoreError: where the store has no such bundle.
            ModelStoreAwayError: where the store does not answer.
        """

    def exists(self, model_id: str) -> bool:
        """Whether the whole bundle is there."""


@dataclass(frozen=True)
class ReadStore:
    """A store that is read here and written to by other means; what the others read by."""

    files: StoredFiles
    """Bundles as folders of their ids."""

    @property
    def address(self) -> str:
        """As `ModelStore.address`."""
        return self.files.address

    @property
    def writable(self) -> bool:
        """No."""
        return False

    def put(self, bundle: Path) -> bool:
        """Refuse."""
        raise ModelStoreAddressError(
            f"{self.address} is only read by blink: put {bundle.name} there with the tools of its kind, "
            f"{manifest.HASH_FILE} last, or have MODEL_STORE name a folder or a bucket of S3"
        )

    def fetch(self, model_id: str, model_dir: Path) -> Path:
        """As `ModelStore.fetch`."""
        target = model_dir / checked_model_id(model_id)
        if target.is_dir():
            return target
        return bring(self.files.within(model_id), model_dir, model_id=model_id).path

    def exists(self, model_id: str) -> bool:
        """As `ModelStore.exists`."""
        return self._known(model_id) is not None

    def _has(self, model_id: ModelId, ours: bytes) -> bool:
        """Whether the store has our bundle, by its `manifest.sha256`; False where it has none of that id.

        Raises:
            ModelStoreError: where it has another.
        """
        known = self._known(model_id)
        if known is not None and known != ours:
            raise ModelStoreError(
                f"{self.address}: holds another bundle as {model_id}: a model id is never reused; train again for a "
                "new one"
            )
        return known is not None

    def _known(self, model_id: str) -> bytes | None:
        try:
            return self.files.within(checked_model_id(model_id)).read(manifest.HASH_FILE)
        except NotStoredError:
            return None


def upload_order(bundle: Path) -> tuple[ModelId, tuple[str, ...]]:
    """A bundle's model id and its files, `manifest.sha256` last, after every hash was checked.

    Raises:
        BundleError: naming the file that differs.
    """
    said = verify_hashes(bundle)
    return said.model_id, (*sorted(said.files), manifest.FILE, manifest.HASH_FILE)
