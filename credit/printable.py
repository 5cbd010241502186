"""Texts that a page or a terminal may hold: a lender's names and categories may hold anything."""

import unicodedata

CONTROL = "\x00-\x1f\x7f-\x9f"
"""Characters that no id may have, loaded or asked for, as a class of a regular expression (Python's and Arrow's)."""

_NO_TEXT = {"Cc", "Cn", "Cs"}
"""Controls, code points of no character, halves of pairs: neither HTML nor SVG takes them."""


def printable(text: str) -> str:
    """The text with U+FFFD in place of what no page can hold; line ends and tabs are blanks."""
    blanks = text.translate({ord(one): " " for one in "\n\r\t"})
    return "".join("\ufffd" if unicodedata.category(one) in _NO_TEXT else one for one in blanks)
