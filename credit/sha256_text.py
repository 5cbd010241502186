"""The text of a sha256."""

import re

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


def is_sha256(text: str) -> bool:
    """Whether it is 64 hexadecimal digits, in lower case."""
    return _HEX.fullmatch(text) is not None
