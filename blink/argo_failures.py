"""What Argo says of the steps of a workflow that failed, for people."""

import json
from collections.abc import Mapping


def readable_failures(text: str) -> str:
    """`{{workflow.failures}}` as one line a failed step; any other text as it is.

    Argo gives a list of objects as JSON, as a string in quotes.
    """
    found = _parsed(_parsed(text))
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        return text.strip()
    return "\n".join(_step(one) for one in found)


def _parsed(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _step(one: Mapping[str, object]) -> str:
    name = one.get("displayName") or one.get("templateName") or "a step"
    return f"{name}: {one.get('message') or one.get('phase') or 'failed'}"
