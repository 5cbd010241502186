"""A model's fairness screen in one line, from the metrics that the registry keeps."""

from collections.abc import Mapping
from typing import Any

from credit.printable import printable


def fairness_words(found: Mapping[str, Any]) -> str:
    """Each judged group's acceptance rate over the reference group's, with its interval; columns without data named."""
    ratios = [
        f"{column['column']} {group['group']} {_ratio(group['adverse_impact_ratio'])} of {column['reference']}"
        for column in found["columns"]
        for group in column["groups"]
        if group["adverse_impact_ratio"] is not None
    ] or ["no groups to compare"]
    absent = [f"without data: {', '.join(found['absent'])}"] if found["absent"] else []
    return printable(f"a screen, not a legal finding; accepted: {'; '.join([*ratios, *absent])}")


def _ratio(one: Mapping[str, float]) -> str:
    return f"{one['estimate']:.2f} [{one['lower']:.2f}, {one['upper']:.2f}]"
