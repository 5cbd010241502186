"""The name of a model, which becomes the name of its directory."""

import re
from datetime import UTC, datetime
from typing import NewType

from credit.bundle.errors import BundleError

ModelId = NewType("ModelId", str)

_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}"
_MODEL_ID = re.compile(rf"model_{_NAME}_\d{{8}}_\d{{6}}", re.ASCII)


def model_id_of(name: str, at: datetime) -> ModelId:
    """`model_<name>_<YYYYmmdd_HHMMSS>` of a batch's or portfolio's name and a time, in UTC.

    Raises:
        BundleError: where the name cannot be part of a path (letters, digits, _ and -, 80 at most), or the time
            has no zone.
    """
    if re.fullmatch(_NAME, name, re.ASCII) is None:
        raise BundleError(f"name {name!r}: a model id takes letters, digits, _ and -, 80 at most, no other first")
    if at.tzinfo is None:
        raise BundleError(f"time {at}: a model id needs a time with its zone")
    return ModelId(f"model_{name}_{at.astimezone(UTC):%Y%m%d_%H%M%S}")


def checked_model_id(text: str) -> ModelId:
    """The text as a model id, safe to be a path.

    Raises:
        BundleError: where it has another form than `model_<name>_<YYYYmmdd_HHMMSS>`.
    """
    if _MODEL_ID.fullmatch(text) is None:
        raise BundleError(f"model id {text!r}: must be model_<name>_<YYYYmmdd_HHMMSS>")
    return ModelId(text)
