"""What a trainer gives for a bundle, and the files that follow from it."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata

import numpy as np
import pyarrow as pa

from credit.bundle import bins, calibration, evaluation, file_names, golden, manifest, reference, scorecard
from credit.bundle.algorithms import Algorithm, algorithm_named, check_scale
from credit.bundle.calibration import Calibration
from credit.bundle.canonical import Json
from credit.bundle.errors import BundleError
from credit.bundle.evaluation import RecordedEvaluation
from credit.bundle.manifest import Manifest, TrainingWindow
from credit.bundle.model_id import ModelId
from credit.portfolios import Feature, FeatureKind, LabelRule, PortfolioName, TableRule
from forest.engine import Engine, Floats, ForestError

_LIBRARIES = ("numpy", "pyarrow")


@dataclass(frozen=True)
class BundleContent:
    """A trained model and what it was trained on; everything else in a bundle is derived from it."""

    model_id: ModelId
    portfolio: PortfolioName
    algorithm: str
    """A name in `credit.bundle.algorithms.ALGORITHMS`."""
    features: tuple[Feature, ...]
    """In the order of the model's columns."""
    window: TrainingWindow
    label_rule: LabelRule | TableRule
    metrics: Mapping[str, Json]
    """Figures of the test slice; finite numbers only."""
    model: bytes
    """The algorithm's native file: for LightGBM the text of `model_to_string()`, UTF-8."""
    calibration: Calibration
    catalogue_version: str
    """Version of the catalogue of reason sentences."""
    reference: pa.Table
    """Training rows as of their advance requests, in order of time: a numeric column a feature (null or NaN is
    missing), and any other columns (subject, time, label). The bundle keeps at most `reference.LARGEST` rows,
    evenly spaced, and takes bins and means from these."""
    library_margins: Callable[[Floats], Floats] | None = None
    """The fitting library's own margins [n] of rows [n, d], which the engine is proved against; needed where they
    cannot be had from the native file (all but LightGBM)."""
    sentences: Mapping[str, str] = field(default_factory=dict)
    """Of reason groups that the catalogue does not have, by code."""
    evaluation: RecordedEvaluation | None = None
    """What the training saw of its rows; None where nobody recorded it."""


def bundle_files(content: BundleContent) -> dict[str, bytes]:
    """Every file of the bundle but the manifest and its hash, by name.

    The engine is proved against the library on the golden rows before anything is written.

    Raises:
        BundleError: where the model's columns are not the features, the reference lacks one, or the engine
            differs from the library.
    """
    algorithm = algorithm_named(content.algorithm)
    model, engine = _model(content, algorithm)
    _check_features(content, algorithm, engine)
    kept = reference.thinned(content.reference)
    rows = reference.feature_rows(kept, _feature_names(content))
    recorded = content.evaluation
    return {
        **model,
        **({} if recorded is None else {evaluation.FILE: evaluation.evaluation_to_bytes(recorded)}),
        golden.FILE: _proved_golden(content, algorithm, engine, golden.choose_rows(rows)),
        **_derived_files(content, engine, kept, rows),
    }


def manifest_of(content: BundleContent, files: Mapping[str, bytes]) -> Manifest:
    """The manifest of the bundle's other files."""
    algorithm = algorithm_named(content.algorithm)
    behind = [algorithm.library] if algorithm.library else []
    behind += ["treelite"] if file_names.FOREST in algorithm.model_files else []
    return Manifest(
        model_id=content.model_id,
        portfolio=content.portfolio,
        algorithm=content.algorithm,
        features=content.features,
        window=content.window,
        label_rule=content.label_rule,
        metrics=content.metrics,
        libraries={library: metadata.version(library) for library in (*behind, *_LIBRARIES)},
        files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    )


def _model(content: BundleContent, algorithm: Algorithm) -> tuple[Mapping[str, bytes], Engine]:
    """The files that hold the model, and the engine that serves them."""
    check_scale(content.algorithm, content.calibration)
    try:
        files = algorithm.files_of(content.model)
        return files, algorithm.load(files)
    except ForestError as error:
        raise BundleError(f"{algorithm.native_file}: {error}") from error


def _feature_names(content: BundleContent) -> list[str]:
    return [feature.name for feature in content.features]


def _check_features(content: BundleContent, algorithm: Algorithm, engine: Engine) -> None:
    if engine.width != len(content.features):
        raise BundleError(f"{manifest.FILE}: {len(content.features)} features named, but the model has {engine.width}")
    columns = algorithm.feature_names(content.model)
    # LightGBM writes a blank in a name as an underscore.
    if columns and [name.replace(" ", "_") for name in columns] != [
        name.replace(" ", "_") for name in _feature_names(content)
    ]:
        raise BundleError(
            f"{manifest.FILE}: features {', '.join(_feature_names(content))},"
            f" but the model's columns are {', '.join(columns)}: give them in the model's order"
        )


def _proved_golden(content: BundleContent, algorithm: Algorithm, engine: Engine, rows: Floats) -> bytes:
    answers = golden.golden_of(engine, rows)
    accepted = (np.isnan(rows) | (np.abs(rows) <= algorithm.largest)).all(axis=1)
    golden.check_margins(
        _library_margins(content, algorithm, rows[accepted]),
        answers.margins[accepted],
        of=f"{engine.name} against {content.algorithm} itself",
        tolerance=algorithm.tolerance,
    )
    golden.check_additive(answers)
    return golden.golden_to_bytes(answers)


def _library_margins(content: BundleContent, algorithm: Algorithm, rows: Floats) -> Floats:
    if content.library_margins is not None:
        return content.library_margins(rows)
    if algorithm.library_margins is None:
        raise BundleError(
            f"{algorithm.native_file}: nothing to prove it by: give library_margins of {content.algorithm}"
        )
    return algorithm.library_margins(content.model, rows)


def _derived_files(content: BundleContent, engine: Engine, kept: pa.Table, rows: Floats) -> dict[str, bytes]:
    phi, _ = content.calibration.contributions(engine.contributions(rows)[:, :-1], rows[:, 0])
    scores = content.calibration.probability(engine.margins(rows))
    card = scorecard.scorecard_of(
        content.features, phi, catalogue_version=content.catalogue_version, sentences=content.sentences
    )
    columns = bins.bins_of_rows(content.features, rows)
    columns[reference.SCORE] = bins.bins_of(scores, FeatureKind.NUMERIC)
    return {
        calibration.FILE: calibration.calibration_to_bytes(content.calibration),
        scorecard.FILE: scorecard.scorecard_to_bytes(card),
        bins.FILE: bins.bins_to_bytes(columns),
        reference.FILE: reference.reference_to_bytes(reference.with_scores(kept, scores)),
    }
