"""A portfolio: all that differs between one kind of lending and another, as data."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NewType

PortfolioName = NewType("PortfolioName", str)
Currency = NewType("Currency", str)

Direction = Literal[-1, 0, 1]


class PortfolioError(Exception):
    """A portfolio cannot be found or its description is wrong."""


class FeatureKind(StrEnum):
    """How a feature's values are to be read."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"


class SplitKind(StrEnum):
    """How rows are divided into those that fit a model and those that judge it."""

    TEMPORAL = "temporal"
    CROSS_VALIDATION = "cross_validation"


@dataclass(frozen=True, slots=True)
class Feature:
    """One model input.

    `direction` is stated towards repayment: +1 where more is better, -1 where more is worse, 0 where free.
    """

    name: str
    kind: FeatureKind
    unit: str
    direction: Direction
    reason_group: str
    may_be_missing: bool = True


@dataclass(frozen=True, slots=True)
class LabelRule:
    """When an advance counts as bad, and when that is known."""

    days_late: int
    """Days after the first due date from which an unpaid advance is bad."""
    material_amount: float
    """Unpaid amount, in major units of the portfolio's currency, below which lateness does not count."""
    settlement_lag_days: int
    """Days after `days_late` until repayments made in time are sure to have arrived."""
    bads_known_early: bool = False
    """Whether a written-off advance counts as bad before it has matured (its good peers would not)."""

    @property
    def maturity_days(self) -> int:
        """Days after the first due date at which the label is known."""
        return self.days_late + self.settlement_lag_days


@dataclass(frozen=True, slots=True)
class Split:
    """How rows are divided; fractions are of the rows in order of their time."""

    kind: SplitKind
    test_fraction: float = 0.2
    calibration_fraction: float = 0.15
    stopping_fraction: float = 0.1
    embargo_days: int = 7
    """Days left out before the test slice."""
    folds: int = 5
    repeats: int = 10


@dataclass(frozen=True, slots=True)
class Gate:
    """Margins that a challenger's lower 95 % bounds must stay above to be deployed."""

    auc_margin: float = -0.01
    """Lower bound of AUC new - old."""
    log_loss_margin: float = -0.01
    """Lower bound of log loss old - new."""
    min_rows: int = 200
    """Fewer labelled rows are refused."""
    min_bads: int = 20
    """Fewer bads (or goods) are refused, to train on as to compare with the champion on."""
    indicative_below_bads: int = 100
    """Test bads below which a result is marked indicative."""


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A kind of lending: its subject, features, label, split, algorithm, gate and cut-off."""

    name: PortfolioName
    subject: str
    currency: Currency
    features: tuple[Feature, ...]
    protected: tuple[str, ...]
    label: LabelRule
    split: Split
    algorithm: str
    gate: Gate
    cut_off: float
    """Probability of default in (0, 1) from which an application is declined."""
    ingestion_lag_hours: int
    """Hours from a fact's own time until the lender knows it, assumed where a provider does not say."""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features in the model's order."""
        return tuple(feature.name for feature in self.features)

    def feature(self, name: str) -> Feature:
        """The feature of that name.

        Raises:
            PortfolioError: where the portfolio has no such feature.
        """
        for feature in self.features:
            if feature.name == name:
                return feature
        raise PortfolioError(f"portfolio {self.name}: no feature {name!r}; it has {', '.join(self.feature_names)}")
