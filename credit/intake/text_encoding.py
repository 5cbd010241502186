"""Whether a file is the text that its reader takes: what it is instead is named, with what to do about it."""

import codecs
import csv
from io import StringIO

from credit.intake.errors import FileFormatError

HEAD_BYTES = 1 << 20
"""Bytes of a file that are looked at before it is read."""

_KINDS = (
    (
        b"PK\x03\x04",
        "is a spreadsheet (.xlsx) or another zip archive: save the sheet as CSV UTF-8, or as Parquet",
    ),
    (b"\xd0\xcf\x11\xe0", "is a spreadsheet (.xls): save the sheet as CSV UTF-8, or as Parquet"),
    (b"\x1f\x8b", "is compressed by gzip and not called .gz: rename or unpack it"),
    (b"\x28\xb5\x2f\xfd", "is compressed by zstd and not called .zst: rename or unpack it"),
)
_SAVE = "save the file as UTF-8"
_REPLACED = "\ufffd"


def check_text(file: str, head: bytes, separator: str) -> None:
    """Do nothing where the head of a file, at most `HEAD_BYTES` of it, is CSV in UTF-8 as far as can be seen.

    Raises:
        FileFormatError: saying what it is; of single wrong characters with row and column.
    """
    for magic, what in _KINDS:
        if head.startswith(magic):
            raise FileFormatError(f"{file}: {what}")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in head.split(b"\n", maxsplit=1)[0]:
        raise FileFormatError(f"{file}: is UTF-16 as it looks, or no text: {_SAVE}")
    try:
        # The last character may be cut.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError as error:
        # No further than the wrong byte: what follows need not be CSV at all.
        raise FileFormatError(_where(file, head[: error.end], separator)) from error


def not_utf8(file: str, row: int, column: str | None) -> str:
    """The message of a character that is not UTF-8."""
    place = "" if column is None else f", column {column}"
    return f"{file}: row {row}{place}: holds a character that is not UTF-8: {_SAVE}"


def _where(file: str, head: bytes, separator: str) -> str:
    try:
        records = list(csv.reader(StringIO(head.decode("utf-8-sig", "replace")), delimiter=separator))
    except csv.Error:
        return f"{file}: is not UTF-8: {_SAVE}"
    place, header = len(records[-1]) - 1, records[0]
    known = len(records) > 1 and place < len(header) and records[-1][place].endswith(_REPLACED)
    return not_utf8(file, len(records), header[place] if known else None)
