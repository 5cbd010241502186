"""Strings of the inference protocol's binary form: each with its length before it, four bytes little-endian."""

import struct
from collections.abc import Iterator, Sequence

from predictor.errors import BadInputError


def packed_strings(texts: Sequence[str]) -> bytes:
    """The texts in UTF-8, one after another."""
    encoded = [text.encode() for text in texts]
    return b"".join(struct.pack("<I", len(content)) + content for content in encoded)


def unpacked_strings(content: bytes, place: str) -> list[str]:
    """The texts that `packed_strings` packed.

    Raises:
        BadInputError: where a length is beyond what is left, or a text is not UTF-8, naming the row.
    """
    return texts_of(list(_parts(content, place)), place)


def texts_of(parts: Sequence[bytes], place: str) -> list[str]:
    """The texts of rows in UTF-8.

    Raises:
        BadInputError: where one is none, naming the row.
    """
    try:
        return [part.decode() for part in parts]
    except UnicodeDecodeError:
        # A place in words for each row would take longer than the reading.
        return [_text_of(part, f"{place}, row {row}") for row, part in enumerate(parts)]


def _text_of(content: bytes, place: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BadInputError(place, f"byte {error.start} is not UTF-8") from error


def _parts(content: bytes, place: str) -> Iterator[bytes]:
    row, at = 0, 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "little")
        at += 4
        if at + length > len(content):
            left = max(len(content) - at, 0)
            raise BadInputError(f"{place}, row {row}", f"a string of {length} bytes; {left} bytes are left")
        yield content[at : at + length]
        row, at = row + 1, at + length
