"""How bundles of each algorithm are made, loaded and proved.

The libraries behind an algorithm take seconds to import: each function imports what it needs, when a bundle needs it.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from credit.bundle import calibration, file_names
from credit.bundle.calibration import Calibration, Scale
from credit.bundle.errors import BundleError
from forest.engine import Engine, Floats
from forest.trees import Reading

_LARGEST_FLOAT32 = float.fromhex("0x1.fffffep127")

Files = Mapping[str, bytes]
"""Files of a bundle, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """What a bundle of one algorithm has and does."""

    native_file: str
    """Name of the file in the library's own format, or in ours where the library has none that is safe to load."""
    derived: Callable[[bytes], Files]
    """The other files of the model, from the native one.

    Raises:
        ForestError: where the native model cannot be served exactly, with the reason.
    """
    derived_files: tuple[str, ...] = ()
    """Their names."""
    feature_names: Callable[[bytes], tuple[str, ...]]
    """Names that a native model has for its columns, in order; none where it keeps no names."""
    load: Callable[[Files], Engine]
    """The engine of the model's files."""
    library_margins: Callable[[bytes, Floats], Floats] | None = None
    """The library's own margins [n] of rows [n, d] by a native model; None where only who fitted it has them."""
    library: str | None = None
    """Distribution whose version the manifest names."""
    scale: Scale = "log_odds_default"
    tolerance: float = 0.0
    """Largest difference of the engine's margins from the library's; 0 is to the bit."""
    largest: float = float("inf")
    """Magnitude beyond which the library, not the engine, refuses a value: such rows are not compared."""

    @property
    def model_files(self) -> tuple[str, ...]:
        """Names of the files that hold the model."""
        return (self.native_file, *self.derived_files)

    def files_of(self, native: bytes) -> Files:
        """All files of the model, from its native one.

        Raises:
            ForestError: where it cannot be served exactly, with the reason.
        """
        return {self.native_file: native, **self.derived(native)}

    def engine_of(self, native: bytes) -> Engine:
        """The engine of a native model.

        Raises:
            ForestError: as `files_of`.
        """
        return self.load(self.files_of(native))


def algorithm_named(name: str) -> Algorithm:
    """The algorithm of that name.

    Raises:
        BundleError: where there is none.
    """
    if name not in ALGORITHMS:
        raise BundleError(f"algorithm {name!r}: this version reads {', '.join(ALGORITHMS)}")
    return ALGORITHMS[name]


def check_scale(name: str, calibrated: Calibration) -> None:
    """Do nothing where a calibration is of the scale that the algorithm's margins are on.

    Raises:
        BundleError: where it is of another, or there is no such algorithm.
    """
    if calibrated.scale != (needed := algorithm_named(name).scale):
        raise BundleError(f"{calibration.FILE}: scale {calibrated.scale}, but margins of {name} are {needed}")


def _nothing(_model: bytes) -> Files:
    return {}


def _no_names(_model: bytes) -> tuple[str, ...]:
    return ()


def _lightgbm_feature_names(model: bytes) -> tuple[str, ...]:
    from forest.lightgbm_text import feature_names  # noqa: PLC0415

    return feature_names(model.decode())


def _lightgbm_checkpoint(model: bytes) -> Files:
    from forest.lightgbm_text import check_exact  # noqa: PLC0415
    from forest.treelite_engine import checkpoint_of_lightgbm  # noqa: PLC0415

    check_exact(model.decode())
    return {file_names.FOREST: checkpoint_of_lightgbm(model.decode())}


def _lightgbm_engine(files: Files) -> Engine:
    from forest.loading import load_lightgbm_engine  # noqa: PLC0415

    return load_lightgbm_engine(checkpoint=files[file_names.FOREST], model_text=files["model.txt"].decode())


def _lightgbm_margins(model: bytes, rows: Floats) -> Floats:
    from forest.lightgbm_contributions import LightgbmContributions  # noqa: PLC0415

    return LightgbmContributions.from_text(model.decode()).margins(rows)


def _xgboost_feature_names(model: bytes) -> tuple[str, ...]:
    from forest.xgboost_json import feature_names  # noqa: PLC0415

    return feature_names(model)


def _xgboost_checkpoint(model: bytes) -> Files:
    from forest.treelite_engine import checkpoint_of_xgboost  # noqa: PLC0415
    from forest.xgboost_json import check_served  # noqa: PLC0415

    check_served(model)
    return {file_names.FOREST: checkpoint_of_xgboost(model)}


def _catboost_feature_names(model: bytes) -> tuple[str, ...]:
    from forest.catboost_json import feature_names  # noqa: PLC0415

    return feature_names(model)


def _catboost_checkpoint(model: bytes) -> Files:
    from forest.catboost_json import checkpoint_of_catboost  # noqa: PLC0415

    return {file_names.FOREST: checkpoint_of_catboost(model)}


def _float32_engine(files: Files) -> Engine:
    from forest.loading import load_engine  # noqa: PLC0415

    return load_engine(files[file_names.FOREST], Reading.FLOAT32)


def _linear_feature_names(model: bytes) -> tuple[str, ...]:
    from credit.bundle.linear_file import linear_from_bytes  # noqa: PLC0415

    return linear_from_bytes(model).feature_names


def _linear_engine(files: Files) -> Engine:
    from credit.bundle.linear_file import FILE, linear_from_bytes  # noqa: PLC0415
    from forest.linear_engine import LinearEngine  # noqa: PLC0415

    return LinearEngine(linear_from_bytes(files[FILE]).model)


ALGORITHMS: Mapping[str, Algorithm] = {
    "lightgbm": Algorithm(
        native_file="model.txt",
        derived=_lightgbm_checkpoint,
        derived_files=(file_names.FOREST,),
        feature_names=_lightgbm_feature_names,
        load=_lightgbm_engine,
        library_margins=_lightgbm_margins,
        library="lightgbm",
    ),
    "xgboost": Algorithm(
        native_file="model.json",
        derived=_xgboost_checkpoint,
        derived_files=(file_names.FOREST,),
        feature_names=_xgboost_feature_names,
        load=_float32_engine,
        library="xgboost-cpu",
        # Both add in float32, but XGBoost begins with the base score.
        tolerance=1e-5,
        largest=_LARGEST_FLOAT32,
    ),
    "catboost": Algorithm(
        native_file="model.json",
        derived=_catboost_checkpoint,
        derived_files=(file_names.FOREST,),
        feature_names=_catboost_feature_names,
        load=_float32_engine,
        library="catboost",
    ),
    "random_forest": Algorithm(
        native_file=file_names.FOREST,
        derived=_nothing,
        feature_names=_no_names,
        load=_float32_engine,
        library="scikit-learn",
        scale="probability",
        largest=_LARGEST_FLOAT32,
    ),
    "logistic_regression": Algorithm(
        native_file="linear.json",
        derived=_nothing,
        feature_names=_linear_feature_names,
        load=_linear_engine,
        library="scikit-learn",
        # Both compute in double, but BLAS adds in an order of its own.
        tolerance=1e-9,
        largest=sys.float_info.max,
    ),
    "base_rate": Algorithm(
        native_file="linear.json",
        derived=_nothing,
        feature_names=_linear_feature_names,
        load=_linear_engine,
    ),
}
