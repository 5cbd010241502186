"""Which store an address names."""

from pathlib import Path
from urllib.parse import urlsplit

from credit.model_store.errors import ModelStoreAddressError
from credit.model_store.folder import FolderStore
from credit.model_store.store import ModelStore


def open_store(address: str) -> ModelStore:
    """The store at `s3://BUCKET/PREFIX`, or in the folder of that absolute path. Nothing is asked of it yet.

    Raises:
        ModelStoreAddressError: where the address is of no such form, or the extra `store` is not installed.
    """
    if address.startswith("/"):
        return FolderStore(Path(address))
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
        raise ModelStoreAddressError(
            f"MODEL_STORE must be s3://BUCKET/PREFIX or the absolute path of a folder, not {address!r}"
        )
    try:
        from credit.model_store.s3 import S3Store  # noqa: PLC0415 - boto3 takes half a second to import
    except ImportError as error:
        raise ModelStoreAddressError("s3:// needs boto3: install blinkscoring[store]") from error
    return S3Store(parts.netloc, parts.path.strip("/"))
