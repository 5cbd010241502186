"""Which engine serves the bundles of an algorithm, and which library proves it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from credit.bundle.errors import BundleError
from forest.engine import Engine, Floats


@dataclass(frozen=True, slots=True)
class Algorithm:
    """How a bundle of one algorithm is made, loaded and proved."""

    native_file: str
    """Name of the file in the library's own format."""
    feature_names: Callable[[bytes], tuple[str, ...]]
    """Names that a native model has for its columns, in order; none where it keeps no names."""
    checkpoint: Callable[[bytes], bytes]
    """The Treelite checkpoint of a native model."""
    load: Callable[[bytes, bytes], Engine]
    """The engine of a checkpoint and a native model."""
    library_margins: Callable[[bytes, Floats], Floats]
    """The library's own margins [n] of rows [n, d] by a native model."""


def algorithm_named(name: str) -> Algorithm:
    """The algorithm of that name.

    Raises:
        BundleError: where there is none.
    """
    if name not in ALGORITHMS:
        raise BundleError(f"algorithm {name!r}: this version reads {', '.join(ALGORITHMS)}")
    return ALGORITHMS[name]


# The libraries behind an algorithm take seconds to import: each is imported when a bundle needs it.


def _lightgbm_feature_names(model: bytes) -> tuple[str, ...]:
    from forest.lightgbm_text import feature_names  # noqa: PLC0415

    return feature_names(model.decode())


def _lightgbm_checkpoint(model: bytes) -> bytes:
    from forest.lightgbm_text import check_exact  # noqa: PLC0415
    from forest.treelite_engine import checkpoint_of_lightgbm  # noqa: PLC0415

    check_exact(model.decode())
    return checkpoint_of_lightgbm(model.decode())


def _lightgbm_engine(checkpoint: bytes, model: bytes) -> Engine:
    from forest.loading import load_lightgbm_engine  # noqa: PLC0415

    return load_lightgbm_engine(checkpoint=checkpoint, model_text=model.decode())


def _lightgbm_margins(model: bytes, rows: Floats) -> Floats:
    from forest.lightgbm_contributions import LightgbmContributions  # noqa: PLC0415

    return LightgbmContributions.from_text(model.decode()).margins(rows)


ALGORITHMS: Mapping[str, Algorithm] = {
    "lightgbm": Algorithm(
        native_file="model.txt",
        feature_names=_lightgbm_feature_names,
        checkpoint=_lightgbm_checkpoint,
        load=_lightgbm_engine,
        library_margins=_lightgbm_margins,
    ),
}
