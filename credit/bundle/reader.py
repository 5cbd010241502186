"""Reading a bundle, and refusing one that is not what was written.

A server reads no Parquet: pyarrow is imported by whoever asks for the reference rows.
"""

import hashlib
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from credit.bundle import bins, calibration, evaluation, file_names, golden, manifest, scorecard
from credit.bundle.algorithms import algorithm_named, check_scale
from credit.bundle.bins import Bins
from credit.bundle.calibration import Calibration
from credit.bundle.errors import BundleError
from credit.bundle.evaluation import RecordedEvaluation
from credit.bundle.golden import Golden
from credit.bundle.manifest import Manifest
from credit.bundle.model_id import ModelId
from credit.bundle.scorecard import Scorecard
from credit.portfolios import PortfolioName
from credit.reasons import ReasonRules, load_sentences
from forest.engine import Engine, ForestError

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Bundle:
    """A model that was proved equal to the one that was written."""

    path: Path
    manifest: Manifest
    manifest_sha256: str
    """sha256 in hex of `manifest.json`, and so of the whole bundle."""
    engine: Engine
    calibration: Calibration
    scorecard: Scorecard
    bins: Mapping[str, Bins]
    """Of every feature, and of `default_probability`."""
    golden: Golden

    @property
    def model_id(self) -> ModelId:
        """The model's name."""
        return self.manifest.model_id

    @property
    def portfolio(self) -> PortfolioName:
        """The portfolio that the model scores."""
        return self.manifest.portfolio

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features in the order of the model's columns."""
        return self.manifest.feature_names

    @cached_property
    def reason_rules(self) -> ReasonRules:
        """The rules by which the model's contributions become reasons.

        Raises:
            ReasonError: where a reason group has no sentence in the catalogue's version that the bundle names.
        """
        card = self.scorecard
        group_of = {name: group for group, names in card.reason_groups.items() for name in names}
        return ReasonRules(
            features=self.feature_names,
            groups=tuple(group_of[name] for name in self.feature_names),
            mean_contributions=tuple(card.mean_contributions[name] for name in self.feature_names),
            sentences=load_sentences(card.catalogue_version).with_own(card.sentences),
        )

    def reference(self) -> "pa.Table":
        """The training rows with the model's scores, read now.

        Raises:
            BundleError: where the file has changed since the bundle was loaded.
        """
        from credit.bundle.reference import reference_from_bytes  # noqa: PLC0415

        return reference_from_bytes(self.file(file_names.REFERENCE))

    def evaluation(self) -> RecordedEvaluation | None:
        """What the training saw of its rows, read now; None where the bundle has no such file, as older ones.

        Raises:
            BundleError: where the file has changed since the bundle was loaded, or holds something else.
        """
        if evaluation.FILE not in self.manifest.files:
            return None
        return evaluation.evaluation_from_bytes(self.file(evaluation.FILE))

    def file(self, name: str) -> bytes:
        """A file of the bundle, read now and checked against the manifest.

        Raises:
            BundleError: where it is missing, or has changed since the bundle was loaded.
        """
        content = _read(self.path, name)
        check_hash(name, content, self.manifest.files[name])
        return content


@dataclass(frozen=True, slots=True)
class Described:
    """What a bundle says of its model; no engine is loaded."""

    manifest: Manifest
    manifest_sha256: str
    """In hex."""
    evaluation: RecordedEvaluation | None
    """What the training saw of its rows; None where the bundle has no such file, as older ones."""


def describe_bundle(path: Path) -> Described:
    """What a bundle says of its model, after checking every hash.

    Raises:
        BundleError: naming the file that is missing, unexpected, changed or unreadable.
    """
    said, files = _verified(path)
    kept = files.get(evaluation.FILE)
    recorded = None if kept is None else evaluation.evaluation_from_bytes(kept)
    return Described(said, hashlib.sha256(files[manifest.FILE]).hexdigest(), recorded)


def verify_hashes(path: Path) -> Manifest:
    """The manifest of a bundle of which every file has its hash; no model is loaded.

    Raises:
        BundleError: naming the file that is missing, unexpected or changed.
    """
    return _verified(path)[0]


def load_bundle(path: Path) -> Bundle:
    """The bundle in a directory, after checking every hash and reproducing the golden rows.

    Raises:
        BundleError: naming the model's directory and the file that is missing, unexpected, changed or unreadable,
            or the golden row that differs with both values.
    """
    try:
        return _proved(path)
    except BundleError as error:
        raise BundleError(f"{path.name}: {error}") from error


def _proved(path: Path) -> Bundle:
    said, files = _verified(path)
    engine = _engine(said, files)
    calibrated = _calibration(said, files)
    proof = golden.golden_from_bytes(files[golden.FILE], width=engine.width)
    golden.check_golden(proof, engine)
    return Bundle(
        path=path,
        manifest=said,
        manifest_sha256=hashlib.sha256(files[manifest.FILE]).hexdigest(),
        engine=engine,
        calibration=calibrated,
        scorecard=scorecard.scorecard_from_bytes(files[scorecard.FILE]),
        bins=bins.bins_from_bytes(files[bins.FILE]),
        golden=proof,
    )


def _verified(path: Path) -> tuple[Manifest, dict[str, bytes]]:
    # The bytes that were hashed are the bytes that are used: nothing can change in between.
    files = {name: _read(path, name) for name in (manifest.HASH_FILE, manifest.FILE)}
    check_manifest_hash(files[manifest.HASH_FILE], files[manifest.FILE])
    said = manifest.manifest_from_bytes(files[manifest.FILE])
    _check_names(path, said)
    for name, digest in said.files.items():
        files[name] = _read(path, name)
        check_hash(name, files[name], digest)
    return said, files


def _engine(said: Manifest, files: Mapping[str, bytes]) -> Engine:
    algorithm = algorithm_named(said.algorithm)
    try:
        engine = algorithm.load(files)
    except ForestError as error:
        raise BundleError(f"{', '.join(algorithm.model_files)}: {error}") from error
    if engine.width != len(said.features):
        raise BundleError(f"{manifest.FILE}: {len(said.features)} features, but the model has {engine.width}")
    return engine


def _calibration(said: Manifest, files: Mapping[str, bytes]) -> Calibration:
    read = calibration.calibration_from_bytes(files[calibration.FILE])
    check_scale(said.algorithm, read)
    return read


def check_manifest_hash(line: bytes, content: bytes) -> str:
    """The sha256 in hex of `manifest.json`, where the content of `manifest.sha256` says the same.

    Raises:
        BundleError: where it says another.
    """
    digest = hashlib.sha256(content).hexdigest()
    if line != manifest.hash_line(digest):
        raise BundleError(
            f"{manifest.FILE} and {manifest.HASH_FILE} do not belong together: the manifest's sha256 is {digest}"
        )
    return digest


def check_hash(name: str, content: bytes, digest: str) -> None:
    """Do nothing where a file has the sha256 in hex that the manifest says.

    Raises:
        BundleError: naming the file and both hashes.
    """
    given = hashlib.sha256(content).hexdigest()
    if given != digest:
        raise BundleError(f"{name}: sha256 is {given}, but the manifest says {digest}")


def _check_names(path: Path, said: Manifest) -> None:
    algorithm = algorithm_named(said.algorithm)
    needed = {
        *(*algorithm.model_files, golden.FILE),
        *(calibration.FILE, scorecard.FILE, bins.FILE, file_names.REFERENCE),
    }
    if said.files.keys() - {evaluation.FILE} != needed:
        named = ", ".join(sorted(needed ^ (said.files.keys() - {evaluation.FILE})))
        raise BundleError(f"{manifest.FILE}: should name {', '.join(sorted(needed))}; differs in {named}")
    known = {*said.files, manifest.FILE, manifest.HASH_FILE}
    if unexpected := sorted({entry.name for entry in path.iterdir()} - known):
        raise BundleError(f"unexpected in the bundle: {', '.join(unexpected)}")


def _read(path: Path, name: str) -> bytes:
    file = path / name
    try:
        if not stat.S_ISREG(file.lstat().st_mode):
            raise BundleError(f"{name}: not a regular file")
        return file.read_bytes()
    except OSError as error:
        raise BundleError(f"{name}: cannot be read in {path}: {error.strerror}") from error
