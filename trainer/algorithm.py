"""What an algorithm is to training: a module of `trainer/algorithms/`, found by its name.

A new algorithm is a new file there, and an entry in `credit/bundle/algorithms.py` that says how its bundles are served.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol, cast

from credit.bundle.calibration import Scale
from credit.portfolios import Feature, FeatureKind
from trainer import algorithms
from trainer.arrays import Floats, Outcomes
from trainer.errors import InsufficientRowsError, TrainingError


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows `[n, d]` with outcomes `[n]`."""

    rows: Floats
    y: Outcomes

    @property
    def bads(self) -> int:
        """Number of rows with y = 1."""
        return int(self.y.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Boosting:
    """What settings of boosted trees have in common."""

    rounds: int
    patience: int | None
    """Rounds without gain on the stopping slice after which growing stops; None where there is no such slice."""


@dataclass(frozen=True, slots=True)
class Range:
    """Values of one setting that tuning may try, both ends included."""

    name: str
    """A field of the algorithm's settings."""
    low: float
    high: float
    log: bool = False
    """Whether steps are of a ratio, not of a difference."""
    whole: bool = False
    """Whether the setting is a whole number."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What of training and serving differs between algorithms."""

    scale: Scale = "log_odds_default"
    """What its margins are, and so what contributions add up to."""
    stops_early: bool = False
    """It needs a stopping slice; where not, these rows join the training slice."""
    calibrated: bool = False
    """Its margins need no calibration, being the maximum of the same likelihood; calibration is the identity."""
    monotone: bool = False
    """Features' declared directions hold by construction."""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """How much an algorithm itself says that each feature matters, `[d]`, and in what figure."""

    figure: str
    values: Floats


class Estimator(Protocol):
    """A fitted model."""

    @property
    def native(self) -> bytes:
        """The model as its bundle keeps it; the same fit gives the same bytes."""

    @property
    def rounds(self) -> int | None:
        """Trees that were kept; None where it has none."""

    @property
    def weights(self) -> Weights:
        """Importance by the algorithm's own figure."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """Every parameter that the library says it was fitted with, those among them that nobody set."""

    def margins(self, rows: Floats) -> Floats:
        """The library's own margins `[n]` of rows `[n, d]`, on the scale of the algorithm's traits."""


class Algorithm(Protocol):
    """A module of `trainer/algorithms/`; it alone imports its library."""

    NAME: str
    """The module's own name."""
    TRAITS: Traits
    SPACE: tuple[Range, ...]
    """What may be tuned; empty where nothing may."""

    def settings_for(self, sample: Sample, *, stopping: bool) -> Any:
        """Settings, of the module's own type, that suit the size of the sample; `stopping` where a slice is kept."""

    def fit(
        self,
        sample: Sample,
        stopping: Sample | None,
        *,
        features: Sequence[Feature],
        settings: Any,
        seed: int,
        threads: int,
    ) -> Estimator:
        """A model fitted to the sample, stopped early on `stopping` where it is given.

        The same sample, settings, seed and threads give the same bytes on the same build of the library. Classes are
        not re-weighted by any settings of `settings_for`: that would ruin the calibration.

        Raises:
            TrainingError: where a feature is of a kind that the algorithm does not take.
        """


def tuned(algorithm: Algorithm, settings: Any, parameters: Mapping[str, float]) -> Any:
    """The algorithm's settings with tuned values in place of its own."""
    whole = {one.name for one in algorithm.SPACE if one.whole}
    return replace(settings, **{name: int(value) if name in whole else value for name, value in parameters.items()})


def algorithm_names() -> tuple[str, ...]:
    """Names of all algorithms, sorted; none of their libraries is imported."""
    return tuple(sorted(found.name for found in iter_modules(algorithms.__path__)))


def algorithm_named(name: str) -> Algorithm:
    """The algorithm of that name, with its library.

    Raises:
        TrainingError: where there is none, or its library is not installed.
    """
    if name not in algorithm_names():
        raise TrainingError(f"no algorithm {name!r}; there are {', '.join(algorithm_names())}")
    try:
        return cast("Algorithm", import_module(f"{algorithms.__name__}.{name}"))
    except ModuleNotFoundError as error:
        raise TrainingError(f"algorithm {name} needs the package {error.name}: install blinkscoring[train]") from error


def require_numeric(algorithm: str, features: Sequence[Feature]) -> None:
    """Do nothing where all features are numeric.

    Raises:
        TrainingError: naming those that are not.
    """
    if other := [feature.name for feature in features if feature.kind is not FeatureKind.NUMERIC]:
        raise TrainingError(f"{algorithm}: only numeric features are supported, not {', '.join(other)}")


def require_both_classes(algorithm: str, sample: Sample) -> None:
    """Do nothing where the sample has rows of both classes.

    Raises:
        InsufficientRowsError: with the counts.
    """
    rows, bads = len(sample.y), sample.bads
    if not 0 < bads < rows:
        raise InsufficientRowsError(f"{algorithm} needs rows of both classes: {rows} rows, {bads} bad")


def monotone_constraints(features: Sequence[Feature]) -> list[int]:
    """What libraries call monotone constraints, one a feature: 1 where the margin may only rise, -1 fall, 0 both."""
    # Bad is the positive class, directions are stated towards repayment: hence the minus.
    return [-feature.direction for feature in features]


def categorical_columns(features: Sequence[Feature]) -> list[int]:
    """Columns of the categorical features, for libraries that take them and are served exactly.

    Raises:
        TrainingError: where one has a direction: categories have no order to be monotone in.
    """
    columns = [column for column, feature in enumerate(features) if feature.kind is FeatureKind.CATEGORICAL]
    if directed := [features[column].name for column in columns if features[column].direction]:
        raise TrainingError(f"a category has no direction: {', '.join(directed)} must have direction 0")
    return columns
