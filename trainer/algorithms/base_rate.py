"""The baseline of all others: everybody has the sample's bad rate."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from credit.bundle.linear_file import linear_to_bytes
from credit.portfolios import Feature
from forest.linear_engine import LinearModel
from trainer.algorithm import Range, Sample, Traits, Weights, require_both_classes
from trainer.arrays import Floats

NAME = "base_rate"
TRAITS = Traits(calibrated=True, monotone=True)
SPACE: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """There is nothing to set."""


@dataclass(frozen=True, slots=True, eq=False)
class BaseRate:
    """One margin for every row."""

    feature_names: tuple[str, ...]
    margin: float
    """Log-odds of default of the sample."""
    rounds: None = None

    @property
    def weights(self) -> Weights:
        """None matters."""
        return Weights("coefficient", np.zeros(len(self.feature_names)))

    @property
    def parameters(self) -> Mapping[str, str]:
        """There are none."""
        return {}

    @property
    def native(self) -> bytes:
        """`linear.json`, without a term."""
        none = np.zeros(len(self.feature_names))
        return linear_to_bytes(
            self.feature_names, LinearModel(intercept=self.margin, coefficient=none, mean=none, sd=none)
        )

    def margins(self, rows: Floats) -> Floats:
        """The margin `[n]` of rows `[n, d]`."""
        return np.full(len(rows), self.margin)


def settings_for(sample: Sample, *, stopping: bool) -> Settings:  # noqa: ARG001  # the same for every sample
    """No settings."""
    return Settings()


def fit(
    sample: Sample,
    stopping: Sample | None,  # noqa: ARG001  # of those who stop early
    *,
    features: Sequence[Feature],
    settings: Settings,  # noqa: ARG001  # there are none
    seed: int,  # noqa: ARG001  # nothing is drawn
    threads: int,  # noqa: ARG001  # nothing to share out
) -> BaseRate:
    """The base rate of the sample, as `trainer.algorithm.Algorithm.fit`; features of any kind, since none is read."""
    require_both_classes(NAME, sample)
    odds = sample.bads / (len(sample.y) - sample.bads)
    return BaseRate(tuple(feature.name for feature in features), math.log(odds))
