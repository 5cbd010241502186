"""Strings of the inference protocol's binary form: each with its length before it, four bytes little-endian."""

import struct
from collections.abc import Sequence


def packed_strings(texts: Sequence[str]) -> bytes:
    """The texts in UTF-8, one after another."""
    encoded = [text.encode() for text in texts]
    return b"".join(struct.pack("<I", len(content)) + content for content in encoded)
