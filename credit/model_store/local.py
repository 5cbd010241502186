"""A bundle on this machine's disk, whether it was made here or has to be brought."""

from pathlib import Path

from credit.bundle import manifest
from credit.bundle.errors import BundleError
from credit.bundle.model_id import checked_model_id
from credit.bundle.reader import verify_hashes
from credit.model_store.store import ModelStore


def local_bundle(model_id: str, model_dir: Path, store: ModelStore | None) -> Path:
    """The bundle's directory under `model_dir`, fetched where it is absent and there is a store.

    Raises:
        BundleError: where what arrived has not the hashes that its manifest says.
        ModelStoreError: where the store does not answer, or has no such bundle.
    """
    path = model_dir / checked_model_id(model_id)
    if store is None or path.is_dir():
        return path
    return store.fetch(model_id, model_dir)


def kept_bundle(address: str, model_dir: Path, *, sha256: str | None) -> Path | None:
    """The bundle's directory under `model_dir`, whole, where it is there for certain without a look at its address.

    The manifest's `sha256` in hex decides that, and where it is None the model id with which the address ends: an id is
    never reused. An address that ends otherwise may hold another model by now.
    """
    name = address.rpartition("/")[2]
    paths = model_dir.glob("model_*") if sha256 is not None else [model_dir / name]
    return next((path for path in paths if _is_meant(path, sha256)), None)


def _is_meant(path: Path, sha256: str | None) -> bool:
    try:
        if sha256 is not None and (path / manifest.HASH_FILE).read_text("ascii").split()[:1] != [sha256.lower()]:
            return False
        return verify_hashes(path).model_id == checked_model_id(path.name)
    except (OSError, UnicodeDecodeError, BundleError):
        return False
