"""What every store can do, and how a bundle arrives from one."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from credit.bundle import manifest
from credit.bundle.errors import BundleError
from credit.bundle.model_id import ModelId, checked_model_id
from credit.bundle.reader import verify_hashes
from credit.bundle.writer import published_whole, write_file
from credit.model_store.errors import ModelStoreError


class ModelStore(Protocol):
    """Bundles by model id. A bundle is there when its `manifest.sha256` is, which is stored last."""

    @property
    def address(self) -> str:
        """Where the store is, for messages."""

    def put(self, bundle: Path) -> None:
        """Store a whole bundle; the same bundle once more changes nothing.

        Raises:
            BundleError: where a file of it has not the hash that its manifest says.
            ModelStoreError: where the store holds another bundle under its model id, which is never replaced.
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


def upload_order(bundle: Path) -> tuple[ModelId, tuple[str, ...]]:
    """A bundle's model id and its files, `manifest.sha256` last, after every hash was checked.

    Raises:
        BundleError: naming the file that differs.
    """
    said = verify_hashes(bundle)
    return said.model_id, (*sorted(said.files), manifest.FILE, manifest.HASH_FILE)


def check_same(address: str, model_id: str, known: bytes | None, ours: bytes) -> bool:
    """Whether the store has our bundle already; False where it has none of that id.

    Args:
        address: of the store.
        model_id: of both bundles.
        known: the stored `manifest.sha256`, None where there is none.
        ours: the one that is to be stored.

    Raises:
        ModelStoreError: where it has another.
    """
    if known is None:
        return False
    if known != ours:
        raise ModelStoreError(
            f"{address}: holds another bundle as {model_id}: a model id is never reused; train again for a new one"
        )
    return True


def arrive(model_id: str, model_dir: Path, read: Callable[[str], bytes]) -> Path:
    """Bring a bundle to `model_dir/<model_id>` file by file: hashes are checked, and one rename publishes it.

    Args:
        model_id: of the bundle.
        model_dir: made if it is not there.
        read: the content of a file by its name.

    Raises:
        BundleError: where a hash is wrong, or the manifest is another model's.
    """
    target = model_dir / checked_model_id(model_id)
    if target.is_dir():
        return target
    try:
        with published_whole(target) as unfinished:
            _read_all(model_id, unfinished, read)
    except BundleError:
        if not target.is_dir():  # somebody else was faster
            raise
    return target


def _read_all(model_id: str, directory: Path, read: Callable[[str], bytes]) -> None:
    head = {name: read(name) for name in (manifest.FILE, manifest.HASH_FILE)}
    said = manifest.manifest_from_bytes(head[manifest.FILE])
    if said.model_id != model_id:
        raise BundleError(f"{model_id}: the store holds {said.model_id} under this name")
    for name in (*head, *said.files):
        write_file(directory / name, head.get(name) or read(name))
    verify_hashes(directory)
