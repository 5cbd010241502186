"""Whether an object on the cluster is as it is wanted, so that nothing is sent where nothing differs. Pure."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from rollout.manifests import Manifest
from rollout.settings import Json

MANAGER = "blink-rollout"
"""Our name among those who write fields of an object."""

_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d*)?)(?:(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?\d+))?", re.ASCII)
_DECIMAL = {"m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def differs(wanted: Manifest, live: Manifest | None) -> bool:
    """Whether `wanted` has to be sent.

    What others have added to the object (defaults, status) is no difference; what they changed of ours is one, and so
    is what we once wrote and do not want any more.
    """
    return live is None or not _covers(live, wanted) or _has_more_of_ours(wanted, live)


def _covers(live: Json, wanted: Json) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(key in live and _covers(live[key], wanted[key]) for key in wanted)
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return (
            isinstance(live, Sequence)
            and len(live) == len(wanted)
            and all(_covers(item, other) for item, other in zip(live, wanted, strict=True))
        )
    return live == wanted or _same_quantity(live, wanted)


def _has_more_of_ours(wanted: Manifest, live: Manifest) -> bool:
    managed = live.get("metadata", {}).get("managedFields", ())
    ours = [entry for entry in managed if (entry.get("manager"), entry.get("operation")) == (MANAGER, "Apply")]
    return any(_names_more(entry.get("fieldsV1", {}), wanted) for entry in ours)


def _names_more(fields: Manifest, wanted: Json) -> bool:
    """Whether `fields` (in the notation of managed fields) names one that `wanted` lacks; lists are compared whole."""
    if not isinstance(wanted, Mapping):
        return False
    for key, inner in fields.items():
        name = key.removeprefix("f:")
        if name != key and (name not in wanted or _names_more(inner, wanted[name])):
            return True
    return False


def _same_quantity(one: Json, other: Json) -> bool:
    """Whether two texts are the same amount of a resource: the server may write `1000m` as `1`."""
    first, second = _amount(one), _amount(other)
    return first is not None and first == second


def _amount(value: Json) -> Decimal | None:
    found = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    number, suffix, exponent = found[1], found[2] or "", found[3] or "0"
    if suffix.endswith("i"):
        return Decimal(number) * Decimal(1024) ** ("KMGTPE".index(suffix[0]) + 1)
    return Decimal(number).scaleb(_DECIMAL.get(suffix, int(exponent)))
