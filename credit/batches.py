"""The name of a batch of labels: what a stranger's request says, and what becomes part of a model's id."""

import re

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}", re.ASCII)


class BatchIdError(Exception):
    """A batch's name cannot be used."""


def checked_batch_id(text: str) -> str:
    """The text as a batch's name, safe to be part of a path.

    Raises:
        BatchIdError: where it has another form, with the form.
    """
    if _NAME.fullmatch(text) is None:
        shown = text if len(text) <= 80 else f"{text[:80]}..."
        raise BatchIdError(f"batch id {shown!r}: must be letters, digits, _ and -, 80 at most, the first no _ or -")
    return text
