"""The model stores of this process: the one at MODEL_STORE, and the ones that a caller names."""

from blink.settings import Settings
from credit.model_store.address import open_store
from credit.model_store.errors import ModelStoreAddressError
from credit.model_store.s3_access import S3Access
from credit.model_store.store import ModelStore


def model_store(settings: Settings) -> ModelStore | None:
    """The store, of which nothing has been asked yet; None where there is none beside MODEL_DIR.

    Raises:
        ModelStoreAddressError: where MODEL_STORE is no address of a store.
    """
    if settings.model_store is None:
        return None
    try:
        return open_store(settings.model_store, s3_access(settings))
    except ModelStoreAddressError as error:
        raise ModelStoreAddressError(f"MODEL_STORE: {error}") from error


def writable_store(settings: Settings) -> ModelStore | None:
    """The store, which a new bundle is to go to; asked before the work that makes one.

    Raises:
        ModelStoreAddressError: as `model_store`, or where it is only read.
    """
    store = model_store(settings)
    if store is not None and not store.writable:
        raise ModelStoreAddressError(
            f"MODEL_STORE: {store.address} is only read by blink; to train, name a folder or a bucket of S3"
        )
    return store


def s3_access(settings: Settings) -> S3Access:
    """How S3 is reached where no option says more."""
    return S3Access(region=settings.aws_region)
