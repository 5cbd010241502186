"""A structural schema of Kubernetes as a JSON schema (draft 4) in which unknown fields are forbidden.

The API server drops a field that it does not know; here it is a fault. Rules written in CEL
(`x-kubernetes-validations`) are the API server's alone and are not evaluated.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jsonschema import Draft4Validator, FormatChecker, ValidationError, validators

Schema = dict[str, Any]

# What a value must be, in OpenAPI's words; draft 4 means the same by them, `exclusiveMinimum: true` included.
_RULES = (
    "type", "enum", "format", "pattern", "required", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
    # Inside these a schema only narrows values; fields are declared beside them, so nothing is closed within.
    "allOf", "anyOf", "oneOf", "not",
    "$ref", "x-kubernetes-list-map-keys",
)  # fmt: skip

_LABEL = r"^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$"
_NAME = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"

OBJECT_META: Schema = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": _NAME},
        "generateName": {"type": "string"},
        "namespace": {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"},
        "labels": {"type": "object", "additionalProperties": {"type": "string", "pattern": _LABEL}},
        "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
        "finalizers": {"type": "array", "items": {"type": "string"}},
        "ownerReferences": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["apiVersion", "kind", "name", "uid"],
                "additionalProperties": False,
                "properties": {
                    **{name: {"type": "string"} for name in ("apiVersion", "kind", "name", "uid")},
                    **{name: {"type": "boolean"} for name in ("controller", "blockOwnerDeletion")},
                },
            },
        },
    },
    "additionalProperties": False,
}

_OBJECT = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": OBJECT_META}


def closed_object(schema: Mapping[str, Any]) -> Schema:
    """The schema of a whole object: `closed`, and its metadata is an ObjectMeta, as the API server has it."""
    whole = closed(schema)
    return {**whole, "properties": {**whole.get("properties", {}), **_OBJECT}, "required": ["apiVersion", "kind"]}


def closed(schema: Mapping[str, Any]) -> Schema:
    """`schema` with every object closed that does not ask to keep unknown fields."""
    found = {key: schema[key] for key in _RULES if key in schema}
    fields = {name: closed(inner) for name, inner in schema.get("properties", {}).items()}
    if schema.get("x-kubernetes-embedded-resource"):
        fields |= _OBJECT
    if fields:
        found["properties"] = fields
    if "items" in schema:
        found["items"] = closed(schema["items"])
    found |= _others(schema, fields)
    if schema.get("x-kubernetes-int-or-string"):
        found = {key: value for key, value in found.items() if key not in {"type", "allOf"}}
        found["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    return _nullable(found) if schema.get("nullable") else found


def _others(schema: Mapping[str, Any], fields: Schema) -> Schema:
    """What fields beside the declared ones are: of one schema, anything, or forbidden."""
    others = schema.get("additionalProperties")
    if isinstance(others, Mapping):
        return {"additionalProperties": closed(others)}
    keeps = others is True or schema.get("x-kubernetes-preserve-unknown-fields")
    is_object = bool(fields) or schema.get("type") == "object"
    return {"additionalProperties": False} if is_object and not keeps else {}


def _nullable(schema: Schema) -> Schema:
    found = dict(schema)
    if "type" in found:
        found["type"] = [found["type"], "null"]
    if "enum" in found:
        found["enum"] = [*found["enum"], None]
    return found


def _unique_keys(_: Draft4Validator, keys: list[str], entries: object, __: Schema) -> Any:
    """`x-kubernetes-list-map-keys`: the API server refuses a list in which two entries have the same keys."""
    seen: list[object] = []
    for entry in entries if isinstance(entries, list) else ():
        key = {name: entry.get(name) for name in keys} if isinstance(entry, Mapping) else entry
        if key in seen:
            yield ValidationError(f"two entries have the same {' and '.join(keys)}: {key}")
        seen.append(key)


_formats = FormatChecker(formats=())


@_formats.checks("int32")
def _is_int32(value: object) -> bool:
    return not isinstance(value, int) or -(2**31) <= value < 2**31


@_formats.checks("int64")
def _is_int64(value: object) -> bool:
    return not isinstance(value, int) or -(2**63) <= value < 2**63


@_formats.checks("date-time", raises=ValueError)
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


_Validator = validators.extend(Draft4Validator, {"x-kubernetes-list-map-keys": _unique_keys})


def validator(schema: Schema) -> Draft4Validator:
    """What finds the faults of an object by a closed schema."""
    return _Validator(schema, format_checker=_formats)
