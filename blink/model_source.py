"""The one model that MODEL_SOURCE names, brought to MODEL_DIR."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from blink.model_store import s3_access
from blink.settings import ModelSource, Settings
from credit.model_store.address import model_files
from credit.model_store.arrival import bring
from credit.model_store.errors import ModelStoreAddressError, ModelStoreAwayError
from credit.model_store.files import StoredFiles
from credit.model_store.local import kept_bundle

_log = logging.getLogger(__name__)


def bringing(source: ModelSource, settings: Settings) -> Callable[[], Path]:
    """What brings the bundle to MODEL_DIR and gives its directory there; nothing has been asked of its place yet.

    Where the place does not answer, and MODEL_DIR has the model already, for certain and whole, that is served.
    Otherwise its errors are those of `credit.model_store.arrival.bring`.

    Raises:
        ModelStoreAddressError: where MODEL_SOURCE is no address of a model.
    """
    try:
        files = model_files(source.address, s3_access(settings))
    except ModelStoreAddressError as error:
        raise ModelStoreAddressError(f"MODEL_SOURCE: {error}") from error
    return partial(_brought, files, source.sha256, settings.model_dir)


def _brought(files: StoredFiles, sha256: str | None, model_dir: Path) -> Path:
    try:
        arrived = bring(files, model_dir, sha256=sha256)
    except ModelStoreAwayError as error:
        kept = kept_bundle(files.address, model_dir, sha256=sha256)
        if kept is None:
            raise
        _log.warning("%s; serves %s, which MODEL_DIR has whole", error, kept.name)
        return kept
    _log.info("%s %s from %s", "brought" if arrived.new else "has already", arrived.model_id, files.address)
    return arrived.path
