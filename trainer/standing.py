"""Who was chosen among a comparison's candidates; nothing of what compares is imported."""

from collections.abc import Mapping
from typing import Any


def is_chosen(standing: Mapping[str, Any], selection: Mapping[str, Any]) -> bool:
    """Whether one of the standings of a selection, both as JSON, is the one that was chosen."""
    return bool(standing["algorithm"] == selection["algorithm"] and standing["parameters"] == selection["parameters"])
