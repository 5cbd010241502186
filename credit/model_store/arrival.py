"""How a bundle arrives: every hash is checked, one rename publishes it, and of many who bring it at once one does."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from credit.bundle import manifest
from credit.bundle.errors import BundleError
from credit.bundle.manifest import Manifest
from credit.bundle.model_id import ModelId
from credit.bundle.publication import published_whole, sweep_unfinished, write_file
from credit.bundle.reader import check_hash, check_manifest_hash, verify_hashes
from credit.model_store.errors import ModelStoreError, NotStoredError
from credit.model_store.files import StoredFiles


@dataclass(frozen=True, slots=True)
class Arrival:
    """A bundle that is on this machine's disk."""

    path: Path
    model_id: ModelId
    manifest_sha256: str
    """In hex."""
    new: bool
    """Whether it was not there before."""


@dataclass(frozen=True, slots=True)
class _Head:
    """What a bundle says of itself, read before anything else of it."""

    said: Manifest
    manifest_sha256: str
    files: Mapping[str, bytes]


def bring(files: StoredFiles, model_dir: Path, *, model_id: str | None = None, sha256: str | None = None) -> Arrival:
    """Bring the bundle of these files to `model_dir/<its model id>`; where it is there already, only prove it the same.

    Args:
        files: those of one bundle.
        model_dir: made if it is not there.
        model_id: what the bundle must be; None: whatever it says that it is.
        sha256: what the manifest's hash in hex must be; None: whatever it is. Only with it a bundle is known to be the
            one that was meant; the hashes beside it find damage.

    Raises:
        BundleError: where a hash is wrong, naming the file, or the manifest is another model's.
        ModelStoreError: where no complete model is there, or `model_dir` holds another of its id or cannot be written.
        ModelStoreAwayError: where the place does not answer.
    """
    head = _head(files)
    _check_meant(files.address, head, model_id, sha256)
    target = model_dir / head.said.model_id
    with _alone(model_dir, head.said.model_id):
        new = not target.is_dir()
        if new:
            sweep_unfinished(model_dir)
            with published_whole(target) as unfinished:
                _write_all(files, head, unfinished)
        else:
            _check_same(target, head)
    return Arrival(target, head.said.model_id, head.manifest_sha256, new)


def _head(files: StoredFiles) -> _Head:
    try:
        line = files.read(manifest.HASH_FILE)
    except NotStoredError as error:
        raise ModelStoreError(
            f"no complete model at {files.address}: {manifest.HASH_FILE} is not there, with which an upload ends; see "
            "`blink model list`"
        ) from error
    content = files.read(manifest.FILE)
    try:
        digest = check_manifest_hash(line, content)
        said = manifest.manifest_from_bytes(content)
    except BundleError as error:
        raise BundleError(f"{files.address}: {error}") from error
    return _Head(said, digest, {manifest.FILE: content, manifest.HASH_FILE: line})


def _check_meant(address: str, head: _Head, model_id: str | None, sha256: str | None) -> None:
    if model_id is not None and head.said.model_id != model_id:
        raise BundleError(f"{model_id}: {address} holds {head.said.model_id} under this name")
    if sha256 is not None and head.manifest_sha256 != sha256.lower():
        raise BundleError(
            f"{address}: {head.said.model_id} with a manifest of sha256 {head.manifest_sha256} is there, not {sha256}"
        )


def _check_same(target: Path, head: _Head) -> None:
    if (target / manifest.HASH_FILE).read_bytes() != head.files[manifest.HASH_FILE]:
        raise ModelStoreError(
            f"{target}: another bundle has this id already; a model id is never reused, so that one of the two is not "
            "what it says. Nothing was changed: compare both with `blink model show`"
        )


def _write_all(files: StoredFiles, head: _Head, directory: Path) -> None:
    for name, digest in head.said.files.items():
        content = files.read(name)
        try:
            check_hash(name, content, digest)
        except BundleError as error:
            raise BundleError(f"{files.address}/{error}") from error
        write_file(directory / name, content)
    for name in (manifest.FILE, manifest.HASH_FILE):
        write_file(directory / name, head.files[name])
    verify_hashes(directory)


@contextmanager
def _alone(model_dir: Path, model_id: ModelId) -> Iterator[None]:
    """Wait for everybody else on any machine who brings this model here, and keep the others waiting."""
    try:
        model_dir.mkdir(parents=True, exist_ok=True)
        with _locked(model_dir / f".{model_id}.arriving"):
            yield
    except OSError as error:
        raise ModelStoreError(
            f"{model_dir} cannot take a bundle: {error.strerror}; MODEL_DIR names another folder"
        ) from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Whoever held it has removed the file: a lock on a removed file keeps nobody out.
            if _is_at(descriptor, path):
                try:
                    yield
                finally:
                    path.unlink()
                return
        finally:
            os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
