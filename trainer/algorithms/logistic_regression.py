"""Logistic regression with an L2 penalty by scikit-learn (LBFGS), its filling and scaling a part of the model."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from credit.bundle.linear_file import linear_to_bytes
from credit.portfolios import Feature
from forest.linear_engine import LinearModel
from trainer.algorithm import Range, Sample, Traits, Weights, require_both_classes, require_numeric
from trainer.arrays import Floats
from trainer.effective_settings import plain
from trainer.errors import TrainingError

NAME = "logistic_regression"
TRAITS = Traits(calibrated=True)
SPACE = (Range("inverse_penalty", 1e-3, 100.0, log=True),)

_FILL = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How coefficients are found."""

    inverse_penalty: float = 1.0
    """scikit-learn's C: the weight of the rows' log loss against half the squared coefficients."""
    iterations: int = 1000
    """Most of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A fitted regression of features that are filled, then standardised by the sample's mean and deviation."""

    feature_names: tuple[str, ...]
    scaler: StandardScaler
    regression: LogisticRegression
    rounds: None = None

    @property
    def weights(self) -> Weights:
        """Coefficients of the standardised features, towards default."""
        return Weights("coefficient", np.asarray(self.regression.coef_[0], dtype=np.float64))

    @property
    def native(self) -> bytes:
        """`linear.json`."""
        # The deviation of a feature that never varies is 1 to scikit-learn, and its coefficient 0.
        sd = np.asarray(self.scaler.scale_, dtype=np.float64)
        model = LinearModel(
            intercept=float(self.regression.intercept_[0]),
            coefficient=self.weights.values / sd,
            mean=np.asarray(self.scaler.mean_, dtype=np.float64),
            sd=sd,
            fill=_FILL,
        )
        return linear_to_bytes(self.feature_names, model)

    @property
    def parameters(self) -> dict[str, str]:
        """scikit-learn's."""
        return plain(self.regression.get_params())

    def margins(self, rows: Floats) -> Floats:
        """Log-odds of default `[n]` of rows `[n, d]`."""
        return np.asarray(self.regression.decision_function(self.scaler.transform(_filled(rows))), dtype=np.float64)


def settings_for(sample: Sample, *, stopping: bool) -> Settings:  # noqa: ARG001  # the same for every sample
    """The settings of requirement C1."""
    return Settings()


def fit(
    sample: Sample,
    stopping: Sample | None,  # noqa: ARG001  # of those who stop early
    *,
    features: Sequence[Feature],
    settings: Settings,
    seed: int,  # noqa: ARG001  # nothing is drawn
    threads: int,  # noqa: ARG001  # LBFGS has one
) -> Regression:
    """A regression fitted to the sample, as `trainer.algorithm.Algorithm.fit`."""
    require_numeric(NAME, features)
    require_both_classes(NAME, sample)
    scaler = StandardScaler()
    try:
        standardised = scaler.fit_transform(_filled(sample.rows))
    except ValueError as error:
        raise TrainingError(f"{NAME}: {error}") from error  # an infinity
    regression = LogisticRegression(C=settings.inverse_penalty, max_iter=settings.iterations)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            regression.fit(standardised, sample.y)
        except ConvergenceWarning as warning:
            raise TrainingError(f"{NAME}: not converged in {settings.iterations} iterations") from warning
    return Regression(tuple(feature.name for feature in features), scaler, regression)


def _filled(rows: Floats) -> Floats:
    return np.where(np.isnan(rows), _FILL, rows)
