"""What an address names: a store, or the files of one model. Vendors are imported when their kind is named."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit

from credit.model_store.errors import ModelStoreAddressError
from credit.model_store.files import StoredFiles
from credit.model_store.folder import FolderFiles, FolderStore
from credit.model_store.s3_access import UNSAID, S3Access
from credit.model_store.store import ModelStore, ReadStore

FORMS = (
    "file:///FOLDER (or the absolute path), s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, https://HOST/PATH or "
    "hf://OWNER/REPOSITORY[:REVISION][/FOLDER]"
)


def open_store(address: str, access: S3Access = UNSAID) -> ModelStore:
    """The store at an address, whose bundles are its folders. Nothing is asked of it yet.

    A folder and a bucket of S3 are written to, the others are only read.

    Args:
        address: of one of the `FORMS`.
        access: how S3 is reached.

    Raises:
        ModelStoreAddressError: where the address is of no such form, or its client is not installed.
    """
    parts = _parts(address)
    if parts.scheme == "file":
        return FolderStore(_folder(parts))
    if parts.scheme == "s3":
        with _installed("s3", "store"):
            from credit.model_store.s3 import S3Store  # noqa: PLC0415 - boto3 takes half a second to import
        return S3Store(parts.netloc, parts.path.strip("/"), access)
    return ReadStore(model_files(address))


def model_files(address: str, access: S3Access = UNSAID) -> StoredFiles:
    """The files at an address, as of one model: the address is that of the folder that has `manifest.json`.

    Args:
        address: of one of the `FORMS`.
        access: how S3 is reached.

    Raises:
        ModelStoreAddressError: as `open_store`.
    """
    parts = _parts(address)
    if parts.scheme == "s3":
        with _installed("s3", "store"):
            from credit.model_store.s3 import S3Files  # noqa: PLC0415 - as above
        return S3Files.reached(parts.netloc, parts.path.strip("/"), access)
    return _READ[parts.scheme](parts)


def _file(parts: SplitResult) -> StoredFiles:
    return FolderFiles(_folder(parts))


def _gs(parts: SplitResult) -> StoredFiles:
    with _installed("gs", "gs"):
        from credit.model_store.gs import GcsFiles  # noqa: PLC0415 - Google's client takes a second to import
    return GcsFiles(parts.netloc, parts.path.strip("/"))


def _https(parts: SplitResult) -> StoredFiles:
    from credit.model_store.https_files import HttpsFiles  # noqa: PLC0415 - most stores need no HTTP

    return HttpsFiles(f"https://{parts.netloc}{parts.path}".rstrip("/"))


def _hf(parts: SplitResult) -> StoredFiles:
    with _installed("hf", "hf"):
        from credit.model_store.hub import HubFiles  # noqa: PLC0415 - it imports an HTTP client of its own
    name, _, folder = parts.path.strip("/").partition("/")
    name, _, revision = name.partition(":")
    return HubFiles(f"{parts.netloc}/{name}", revision or "main", folder.strip("/"))


_READ: dict[str, Callable[[SplitResult], StoredFiles]] = {"file": _file, "gs": _gs, "https": _https, "hf": _hf}


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(f"file://{quote(address)}" if address.startswith("/") else address)
    except ValueError as error:
        raise ModelStoreAddressError(f"{address!r} is no address: {error}") from error
    if parts.scheme == "http":
        raise ModelStoreAddressError(
            f"{address!r}: only https: is read. A bundle's hashes lie beside it: whoever can change it on its way over "
            "http: can change both"
        )
    if parts.username is not None or parts.password is not None:
        raise ModelStoreAddressError(
            f"{parts.hostname}: an address holds no user and no password: it is shown and logged"
        )
    if parts.scheme not in {"s3", *_READ} or not _complete(parts):
        raise ModelStoreAddressError(f"{address!r} is no address of a model store: give {FORMS}")
    return parts


def _complete(parts: SplitResult) -> bool:
    if parts.query or parts.fragment:
        return False
    if parts.scheme == "file":
        return parts.netloc in {"", "localhost"} and parts.path.startswith("/")
    return bool(parts.netloc) and (parts.scheme != "hf" or bool(parts.path.strip("/")))


def _folder(parts: SplitResult) -> Path:
    return Path(unquote(parts.path))


@contextmanager
def _installed(scheme: str, extra: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise ModelStoreAddressError(
            f"{scheme}:// needs {error.name}, which is not installed: install blinkscoring[{extra}]"
        ) from error
