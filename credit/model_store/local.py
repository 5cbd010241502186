"""A bundle on this machine's disk, whether it was made here or has to be brought."""

from pathlib import Path

from credit.bundle.model_id import checked_model_id
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
