"""The one model that MODEL_SOURCE names, brought to MODEL_DIR."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from blink.model_store import s3_access
from blink.settings import ModelSource, Settings
from credit.model_store.address import model_files
from credit.model_store.arrival import bring
from credit.model_store.errors import ModelStoreAddressError
from credit.model_store.files import StoredFiles

_log = logging.getLogger(__name__)


def bringing(source: ModelSource, settings: Settings) -> Callable[[], Path]:
    """What brings the bundle to MODEL_DIR and gives its directory there; nothing has been asked of its place yet.

    Its errors are those of `credit.model_store.arrival.bring`.

    Raises:
        ModelStoreAddressError: where MODEL_SOURCE is no address of a model.
    """
    try:
        files = model_files(source.address, s3_access(settings))
    except ModelStoreAddressError as error:
        raise ModelStoreAddressError(f"MODEL_SOURCE: {error}") from error
    return partial(_brought, files, source.sha256, settings.model_dir)


def _brought(files: StoredFiles, sha256: str | None, model_dir: Path) -> Path:
    arrived = bring(files, model_dir, sha256=sha256)
    _log.info("%s %s from %s", "brought" if arrived.new else "has already", arrived.model_id, files.address)
    return arrived.path
