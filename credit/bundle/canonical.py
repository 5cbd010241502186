"""JSON with one spelling: sorted keys, no NaN, UTF-8, a newline at the end."""

import json
from typing import NoReturn, TypeAlias, cast

from credit.bundle.errors import BundleError

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


def to_bytes(value: Json, *, file: str) -> bytes:
    """The value as canonical JSON; `file` names it in errors.

    Raises:
        BundleError: where a number is NaN or infinite.
    """
    try:
        text = json.dumps(value, sort_keys=True, allow_nan=False, ensure_ascii=False, indent=1)
    except ValueError as error:
        raise BundleError(f"{file}: a number is NaN or infinite, which JSON cannot hold") from error
    return (text + "\n").encode()


def to_object(content: bytes, *, file: str) -> dict[str, Json]:
    """The object that canonical JSON holds; `file` names it in errors.

    Raises:
        BundleError: where the bytes are not JSON, hold NaN, or hold no object.
    """
    try:
        value = json.loads(content.decode(), parse_constant=_refuse_constant)
    except ValueError as error:
        raise BundleError(f"{file}: not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise BundleError(f"{file}: must hold a JSON object")
    return cast("dict[str, Json]", value)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
