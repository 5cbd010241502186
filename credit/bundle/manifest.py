"""What a bundle says of itself, and the hash of everything in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from credit.bundle.canonical import Json, to_bytes, to_object
from credit.bundle.errors import BundleError
from credit.bundle.model_id import ModelId, checked_model_id
from credit.bundle.rules import features_from_json, features_to_json, rule_from_json, rule_to_json
from credit.portfolios import Feature, LabelRule, PortfolioError, PortfolioName, TableRule
from credit.sha256_text import is_sha256

FILE = "manifest.json"
HASH_FILE = "manifest.sha256"
FORMAT = 1
"""Version of the bundle's layout; a reader refuses any other."""

_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_]*\.[a-z0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class TrainingWindow:
    """Times of the rows that a model was fitted on, half-open, with zone."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Manifest:
    """A model and its files."""

    model_id: ModelId
    portfolio: PortfolioName
    algorithm: str
    features: tuple[Feature, ...]
    """In the order of the model's columns."""
    window: TrainingWindow
    label_rule: LabelRule | TableRule
    metrics: Mapping[str, Json]
    libraries: Mapping[str, str]
    """Version of each library that fitted or proved the model."""
    files: Mapping[str, str]
    """sha256 in hex of every file but the manifest and its hash."""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features in the order of the model's columns."""
        return tuple(feature.name for feature in self.features)


def manifest_to_bytes(manifest: Manifest) -> bytes:
    """The manifest as canonical JSON.

    Raises:
        BundleError: where a metric is NaN or infinite.
    """
    fields: dict[str, Json] = {
        "format": FORMAT,
        "model_id": manifest.model_id,
        "portfolio": manifest.portfolio,
        "algorithm": manifest.algorithm,
        "features": features_to_json(manifest.features),
        "window": {"start": _utc(manifest.window.start), "end": _utc(manifest.window.end)},
        "label_rule": rule_to_json(manifest.label_rule),
        "metrics": dict(manifest.metrics),
        "libraries": dict(manifest.libraries),
        "files": dict(manifest.files),
    }
    return to_bytes(fields, file=FILE)


def manifest_from_bytes(content: bytes) -> Manifest:
    """The manifest in canonical JSON.

    Raises:
        BundleError: where it has another format, lacks a field, or names a file outside the directory.
    """
    fields = to_object(content, file=FILE)
    if fields.get("format") != FORMAT:
        raise BundleError(f"{FILE}: format {fields.get('format')!r}; this version reads format {FORMAT}")
    try:
        return _manifest(fields)
    except (KeyError, TypeError, ValueError, AttributeError, PortfolioError) as error:
        raise BundleError(f"{FILE}: a field is missing or has a wrong type: {error!r}") from error


def hash_line(manifest_sha256: str) -> bytes:
    """The content of `manifest.sha256`, in the form that `sha256sum --check` reads."""
    return f"{manifest_sha256}  {FILE}\n".encode()


def _manifest(fields: dict[str, Json]) -> Manifest:
    window = cast("dict[str, str]", fields["window"])
    return Manifest(
        model_id=checked_model_id(cast("str", fields["model_id"])),
        portfolio=PortfolioName(cast("str", fields["portfolio"])),
        algorithm=cast("str", fields["algorithm"]),
        features=features_from_json(fields["features"]),
        window=TrainingWindow(start=datetime.fromisoformat(window["start"]), end=datetime.fromisoformat(window["end"])),
        label_rule=rule_from_json(fields["label_rule"]),
        metrics=cast("dict[str, Json]", fields["metrics"]),
        libraries=cast("dict[str, str]", fields["libraries"]),
        files=_files(cast("dict[str, str]", fields["files"])),
    )


def _files(files: dict[str, str]) -> dict[str, str]:
    for name, digest in files.items():
        if _FILE_NAME.fullmatch(name) is None or name in {FILE, HASH_FILE}:
            raise BundleError(f"{FILE}: file name {name!r} is not allowed: a plain name in lower case is needed")
        if not is_sha256(digest):
            raise BundleError(f"{FILE}: {name} has no sha256 in hex")
    return files


def _utc(at: datetime) -> str:
    if at.tzinfo is None:
        raise BundleError(f"training window: {at} needs its zone")
    return at.astimezone(UTC).isoformat()
