"""A model as the artifacts that LYNQ reads: dataset, native model, scaler and `feature_config.json`."""

import hashlib
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa

from credit.bundle import calibration, linear_file
from credit.bundle.algorithms import algorithm_named
from credit.bundle.canonical import Json, to_bytes, to_object
from credit.bundle.errors import BundleError
from credit.bundle.linear_file import linear_from_bytes
from credit.bundle.publication import write_file
from credit.bundle.reader import Bundle
from credit.bundle.rules import features_to_json, rule_to_json
from credit.bundle.training_dataset import Dataset, write_dataset
from credit.portfolios import FeatureKind

CONFIG, DATASET, SCALER = "feature_config.json", "dataset.csv", "scaler.json"
FORMAT = 1
"""Version of the artifacts' layout."""

_TYPES = {FeatureKind.NUMERIC: "float64", FeatureKind.CATEGORICAL: "place in categories, as float64"}


@dataclass(frozen=True, slots=True)
class LynqReport:
    """What was written."""

    files: tuple[str, ...]
    """Names, `feature_config.json` last."""
    dataset: Dataset


def export_lynq(bundle: Bundle, out_dir: Path, stored: Iterable[pa.Table] | None) -> LynqReport:
    """Write a model's artifacts to a folder; nothing in them is executed, and nothing is a pickle.

    Each file appears whole, `feature_config.json` last and with the hash of every other: without it there is no export.

    Args:
        bundle: the model.
        out_dir: made if it is not there; it may hold none of these files.
        stored: the labelled rows of the database, as `write_dataset` takes them.

    Raises:
        BundleError: where one of the files is there already, or the bundle has changed.
    """
    native = algorithm_named(bundle.manifest.algorithm).native_file
    names = (DATASET, native, SCALER, CONFIG)
    if taken := [name for name in names if (out_dir / name).exists()]:
        raise BundleError(f"{out_dir}: has {', '.join(taken)} already; give an empty folder")
    out_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=out_dir) as hidden:
        made = Path(hidden)
        dataset = write_dataset(made / DATASET, bundle, stored)
        write_file(made / native, bundle.file(native))
        write_file(made / SCALER, scaler_to_bytes(bundle))
        hashes = {name: _sha256(made / name) for name in names[:-1]}
        write_file(made / CONFIG, config_to_bytes(bundle, native, dataset, hashes))
        for name in names:
            (made / name).rename(out_dir / name)
    return LynqReport(names, dataset)


def scaler_to_bytes(bundle: Bundle) -> bytes:
    """What the model does to a row before its coefficients, as canonical JSON: (value - mean) / scale.

    Trees read values as they are: there it is the identity. The native file of a linear model holds the same mean and
    scale, so that nothing is to be scaled before it.
    """
    d = len(bundle.feature_names)
    mean, scale, fill = np.zeros(d), np.ones(d), None
    kind = "identity"
    if _is_linear(bundle):
        model = linear_from_bytes(bundle.file(linear_file.FILE)).model
        kind, fill, mean = "standard", model.fill, model.mean
        # A feature without a term has no deviation.
        scale = np.where(model.sd > 0, model.sd, 1.0)
    fields: dict[str, Json] = {
        "kind": kind,
        "applied_by_model_file": True,
        "features": list(bundle.feature_names),
        "mean": [float(value) for value in mean],
        "scale": [float(value) for value in scale],
        "fill": fill,
    }
    return to_bytes(fields, file=SCALER)


def config_to_bytes(bundle: Bundle, native: str, dataset: Dataset, hashes: dict[str, str]) -> bytes:
    """`feature_config.json`: what the model reads, in which order, and how its margin becomes a probability."""
    manifest = bundle.manifest
    fields: dict[str, Json] = {
        "format": FORMAT,
        "model_id": bundle.model_id,
        "manifest_sha256": bundle.manifest_sha256,
        "portfolio": bundle.portfolio,
        "algorithm": manifest.algorithm,
        "model_file": native,
        "feature_order": list(bundle.feature_names),
        "features": [
            {**cast("dict[str, Json]", row), "type": _TYPES[feature.kind]}
            for row, feature in zip(features_to_json(manifest.features), manifest.features, strict=True)
        ],
        "missing": _missing(bundle),
        "calibration": {
            "scale": bundle.calibration.scale,
            **to_object(calibration.calibration_to_bytes(bundle.calibration), file=calibration.FILE),
        },
        "label_rule": rule_to_json(manifest.label_rule),
        "dataset": cast("Json", asdict(dataset)),
        "libraries": dict(manifest.libraries),
        "files": dict(hashes),
    }
    return to_bytes(fields, file=CONFIG)


def _missing(bundle: Bundle) -> Json:
    """What the model does where a value is not known."""
    if _is_linear(bundle):
        return {"policy": "fill", "value": linear_from_bytes(bundle.file(linear_file.FILE)).model.fill}
    return {"policy": "the model's own: give NaN", "value": None}


def _is_linear(bundle: Bundle) -> bool:
    return algorithm_named(bundle.manifest.algorithm).native_file == linear_file.FILE


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
