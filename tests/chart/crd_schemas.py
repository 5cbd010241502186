"""Kubernetes objects against their own schemas: CRDs and the API server's, read from pinned Go modules at test time.

`errors_of(manifest, crds)` names every field that does not exist, every value of a wrong type and every field missing.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from jsonschema import Draft4Validator, ValidationError

from tests.chart.go_modules import GoModule
from tests.chart.structural_schema import Schema, closed, closed_object, validator


@dataclass(frozen=True, slots=True)
class CrdFolder:
    """CustomResourceDefinitions in a folder of a module, one a file."""

    module: GoModule
    path: str

    def schema(self, api_version: str, kind: str) -> Schema | None:
        """The closed schema of an object; None where no CRD here serves it."""
        group, _, version = api_version.rpartition("/")
        names = re.compile(rf"^    kind: {re.escape(kind)}$", re.MULTILINE)  # parsing every file would take a minute
        for file in sorted((self.module.folder() / self.path).glob("*.yaml")):
            text = file.read_text("utf-8")
            if names.search(text) and (found := _served(text, group, version, kind)) is not None:
                return closed_object(found)
        return None


@dataclass(frozen=True, slots=True)
class OpenApiFolder:
    """What an API server publishes of its built-in objects (OpenAPI v3), one group and version a file."""

    module: GoModule
    path: str

    def schema(self, api_version: str, kind: str) -> Schema | None:
        """The closed schema of an object; None where it is not built in."""
        group, _, version = api_version.rpartition("/")
        name = f"apis__{group}__{version}_openapi.json" if group else f"api__{version}_openapi.json"
        file = self.module.folder() / self.path / name
        components = json.loads(file.read_text("utf-8"))["components"]["schemas"] if file.exists() else {}
        meant = {"group": group, "version": version, "kind": kind}
        for each, schema in components.items():
            if meant in schema.get("x-kubernetes-group-version-kind", ()):
                closed_ones = {name: closed(inner) for name, inner in components.items()}
                return {"$ref": f"#/components/schemas/{each}", "components": {"schemas": closed_ones}}
        return None


ARGO_3_7 = CrdFolder(
    GoModule("github.com/argoproj/argo-workflows/v3", "v3.7.4", "h1:oA/DxaSsjb6fMYaygf7JVQgnsF+ZzlfUPy5kIfLsCic="),
    "manifests/base/crds/full",
)
ARGO_4 = CrdFolder(
    GoModule("github.com/argoproj/argo-workflows/v4", "v4.0.5", "h1:/1lru5oXUd+k6KEDUps6rLX5OKfi1jTfabgXTly/VFU="),
    "manifests/base/crds/full",
)
KSERVE = CrdFolder(
    GoModule("github.com/kserve/kserve", "v0.20.0", "h1:Bs7HxmGV4KFqqptDcWseKv+mwD4YOYHJWcuVgPG2Gug="),
    "config/crd/full",
)
GATEWAY_API = CrdFolder(
    GoModule("sigs.k8s.io/gateway-api", "v1.5.1", "h1:RqVRIlkhLhUO8wOHKTLnTJA6o/1un4po4/6M1nRzdd0="),
    "config/crd/standard",
)
PROMETHEUS_OPERATOR = CrdFolder(
    GoModule(
        "github.com/prometheus-operator/prometheus-operator",
        "v0.85.0",
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
    ),
    "example/prometheus-operator-crd",
)
KUBERNETES = OpenApiFolder(
    GoModule("k8s.io/kubernetes", "v1.34.4", "h1:Yy6R4QB8C9kJPp25GFqEvX5XQwY5qzKeqD0Xx6oAcmk="),
    "api/openapi-spec/v3",
)

Schemas = Sequence[CrdFolder | OpenApiFolder]

# Everything that the chart may hold; beside it ARGO_4, which serves the same kinds as ARGO_3_7.
EVERYTHING: Schemas = (KUBERNETES, ARGO_3_7, KSERVE, GATEWAY_API, PROMETHEUS_OPERATOR)


def errors_of(manifest: Mapping[str, Any], crds: Schemas = EVERYTHING) -> list[str]:
    """Every fault of an object, as `path: fault`, in the order of the paths; empty where the object is right.

    An object that no schema here describes has one fault, which says so.
    """
    api_version, kind = str(manifest.get("apiVersion", "")), str(manifest.get("kind", ""))
    rules = _rules(tuple(crds), api_version, kind)
    if rules is None:
        return [f"no schema here describes {api_version or '(no apiVersion)'} {kind or '(no kind)'}"]
    return sorted(line for error in rules.iter_errors(manifest) for line in _lines(error))


def errors_of_part(part: object, definition: str, api_version: str, kind: str) -> list[str]:
    """Faults of a part of a built-in object, such as a pod's patch; `definition` ends its schema's name: `PodSpec`."""
    schema = KUBERNETES.schema(api_version, kind) or {}
    (name,) = (each for each in schema["components"]["schemas"] if each.endswith(f".{definition}"))
    rules = validator({**schema, "$ref": f"#/components/schemas/{name}"})
    return sorted(line for error in rules.iter_errors(part) for line in _lines(error))


@cache
def _rules(crds: tuple[CrdFolder | OpenApiFolder, ...], api_version: str, kind: str) -> Draft4Validator | None:
    for source in crds:
        if (schema := source.schema(api_version, kind)) is not None:
            return validator(schema)
    return None


def _served(text: str, group: str, version: str, kind: str) -> Schema | None:
    definition = yaml.load(text, Loader=yaml.CSafeLoader)["spec"]
    if (definition["group"], definition["names"]["kind"]) != (group, kind):
        return None
    found = [each for each in definition["versions"] if each["name"] == version and each["served"]]
    return found[0]["schema"]["openAPIV3Schema"] if found else None


def _lines(error: ValidationError) -> Iterator[str]:
    if error.validator == "additionalProperties" and error.validator_value is False:
        known = list(error.schema.get("properties", ()))
        for name in sorted(set(error.instance) - set(known)):
            yield f"{_path([*error.absolute_path, name])}: there is no such field{_meant(str(name), known)}"
    else:
        message = error.message if len(error.message) <= 200 else f"{error.message[:100]} … {error.message[-90:]}"
        yield f"{_path(error.absolute_path)}: {message}"


def _meant(name: str, known: Sequence[str]) -> str:
    by_lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return f" (meant: {by_lower[near[0]]}?)" if near else ""


def _path(parts: Iterator[str | int] | Sequence[str | int]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".") or "(the object)"
