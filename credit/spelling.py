"""One spelling of a value: 1, 1.0 and 01 are the same group of a protected column."""

import math
import re

NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$|^(?i:nan)$"
"""What a text is that is read as a number."""


def one_spelling(text: str) -> str | None:
    """A number without leading zeros, and whole where it is whole; any other text as it is; None of no number."""
    if not re.fullmatch(NUMBER, text):
        return text
    number = float(text)
    if not math.isfinite(number):
        return None
    return str(int(number)) if number.is_integer() else repr(number)
