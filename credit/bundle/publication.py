"""A bundle's directory appears whole or not at all, whoever fills it; nothing here knows what is in it."""

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from credit.bundle.errors import BundleError

_UNFINISHED = ".unfinished-"
_LOCK = ".writers.lock"


@contextmanager
def published_whole(target: Path) -> Iterator[Path]:
    """A hidden directory beside `target`: renamed to it at the end, removed where something goes wrong.

    Raises:
        BundleError: where `target` is there by then.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with _writing(target.parent):
        unfinished = target.parent / f"{_UNFINISHED}{target.name}-{secrets.token_hex(4)}"
        try:
            unfinished.mkdir()
            yield unfinished
            _sync_directory(unfinished)
            _publish(unfinished, target)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise


def write_file(path: Path, content: bytes) -> None:
    """Write a new file and sync it."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sweep_unfinished(model_dir: Path) -> tuple[str, ...]:
    """Remove what killed writers left behind; the names removed. Nothing is removed while a writer lives.

    Writers hold one file lock shared, the sweep takes it exclusively and without waiting. The kernel drops a
    lock when its process ends, however it ends, and on every machine that mounts the directory; a process id
    would mean nothing in another container, and is reused.
    """
    if not model_dir.is_dir():
        return ()
    with _locked(model_dir, fcntl.LOCK_EX | fcntl.LOCK_NB) as alone:
        left = sorted(model_dir.glob(f"{_UNFINISHED}*")) if alone else []
        for directory in left:
            shutil.rmtree(directory)
    return tuple(directory.name for directory in left)


@contextmanager
def _writing(model_dir: Path) -> Iterator[None]:
    with _locked(model_dir, fcntl.LOCK_SH):
        yield


@contextmanager
def _locked(model_dir: Path, operation: int) -> Iterator[bool]:
    # Opened for writing: over NFS an exclusive lock needs it. Never removed: a lock on a removed file is none.
    descriptor = os.open(model_dir / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(descriptor, operation)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _publish(unfinished: Path, target: Path) -> None:
    check_free(target)
    try:
        unfinished.rename(target)
    except OSError as error:
        if error.errno in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
            raise BundleError(_taken(target)) from error
        raise
    _sync_directory(target.parent)


def check_free(target: Path) -> None:
    """Do nothing where no bundle is at `target`.

    Raises:
        BundleError: where one is: a model id is never reused.
    """
    if os.path.lexists(target):
        raise BundleError(_taken(target))


def _taken(target: Path) -> str:
    return f"model {target.name} exists already in {target.parent}: a model id is never reused"


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
