"""The model store of this process: the one at MODEL_STORE; without it MODEL_DIR is all there is."""

from blink.settings import Settings
from credit.model_store.address import open_store
from credit.model_store.store import ModelStore


def model_store(settings: Settings) -> ModelStore | None:
    """The store, of which nothing has been asked yet; None where there is none beside MODEL_DIR.

    Raises:
        ModelStoreAddressError: where MODEL_STORE is no address of a store.
    """
    return None if settings.model_store is None else open_store(settings.model_store)
