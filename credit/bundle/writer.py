"""Writing a bundle so that it is either wholly there or not there at all."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from credit.bundle import manifest
from credit.bundle.content import BundleContent, bundle_files, manifest_of
from credit.bundle.model_id import checked_model_id
from credit.bundle.publication import check_free, published_whole, write_file


def _silent(_step: str) -> None:
    """Announce nothing."""


def write_bundle(model_dir: Path, content: BundleContent, *, announce: Callable[[str], None] = _silent) -> Path:
    """Write a bundle to `model_dir/<model_id>` and give its path.

    Files are written and synced in a hidden directory beside it, `manifest.sha256` last, and published by one
    atomic rename: a writer that is killed leaves nothing under the model's id.

    Args:
        model_dir: made if it is not there.
        content: the trained model.
        announce: called with the name of each file when it is on disk, and with "published" after the rename.

    Raises:
        BundleError: where the id is taken (a model id is never reused), the model cannot be served exactly, or
            the engine differs from the library.
    """
    target = model_dir / checked_model_id(content.model_id)
    check_free(target)
    files = _complete(content)
    with published_whole(target) as unfinished:
        for name, file in files.items():
            write_file(unfinished / name, file)
            announce(name)
    announce("published")
    return target


def _complete(content: BundleContent) -> dict[str, bytes]:
    files = bundle_files(content)
    files[manifest.FILE] = manifest.manifest_to_bytes(manifest_of(content, files))
    digest = hashlib.sha256(files[manifest.FILE]).hexdigest()
    files[manifest.HASH_FILE] = manifest.hash_line(digest)
    return files
