"""A portfolio: all that differs between one kind of lending and another, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, NewType

from credit.costs import Costs
from credit.fairness import Fairness

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
    STRATIFIED = "stratified"


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
    column: str | None = None
    """Of the lender's table, where its name is another one."""
    categories: tuple[str, ...] = ()
    """A categorical feature's texts; the model reads the place of a text in this list, and any other as missing."""

    @property
    def source(self) -> str:
        """The column of the lender's table."""
        return self.column or self.name


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


class Comparison(StrEnum):
    """How a column is compared."""

    EQUAL = "=="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class TableLabel:
    """When a row of a lender's table is bad: its column holds 1, or the comparison holds. Empty is not known yet."""

    column: str
    comparison: Comparison | None = None
    """None: the column holds 0 or 1 (or false or true)."""
    value: float | str | None = None
    """What it is compared with: a number, or a text (only `==` and `!=`)."""

    def __str__(self) -> str:
        """As it stands in the portfolio's file."""
        if self.comparison is None:
            return self.column
        return f"{self.column} {self.comparison} {self._value()}"

    def _value(self) -> str:
        if isinstance(self.value, str):
            return f'"{self.value}"' if "'" in self.value else f"'{self.value}'"
        return str(self.value).removesuffix(".0")


@dataclass(frozen=True, slots=True)
class TableRule:
    """Where things are in a lender's own table, one row an observation, and when a row is bad."""

    label: TableLabel
    subject_id: str | None = None
    """Column of the subject's pseudonym; None: the number of the row."""
    observed_at: str | None = None
    """Column of the time as of which the features are; None: rows are as of their load."""
    known_at: str | None = None
    """Column of the time from which the label was known; None: `known_after_days` after the observation."""
    date_format: str | None = None
    """Of times, as Python's strptime reads it; None: ISO 8601. A time without an offset is UTC."""
    known_after_days: int = 0
    """Days from the observation until a label was known, where no column says."""
    excluded: tuple[str, ...] = ()
    """Columns that were known only after the outcome: no feature may read them."""
    optional: tuple[str, ...] = ()
    """Of the columns of subject and times those that a file may leave out, as if they were not declared."""
    missing: tuple[str, ...] = ()
    """Texts that stand where there is no value, in any column."""


@dataclass(frozen=True, slots=True)
class ReasonSentences:
    """What a customer is told of a reason group that the built-in catalogue does not have."""

    group: str
    adverse: str
    """Where the group's values speak against repayment."""
    missing: str
    """Where it is mainly their absence."""


@dataclass(frozen=True, slots=True)
class Split:
    """How rows are divided; fractions are of the rows, in order of their time or stratified by the label."""

    kind: SplitKind
    test_fraction: float = 0.2
    calibration_fraction: float = 0.15
    stopping_fraction: float = 0.1
    embargo_days: int = 7
    """Days left out before the test slice; of a temporal split."""
    folds: int = 5
    repeats: int = 10
    seed: int = 42
    """Of a stratified split: the same rows are always divided the same way."""


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
class Quality:
    """What a model must reach by itself, whatever it competes with; less leaves a record of it and no bundle."""

    min_auc: float = 0.0
    """ROC AUC of the judged rows, below which the model is refused."""
    min_rows: int = 0
    """Fewer labelled rows are refused before anything is fitted."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One of an algorithm's own settings that a portfolio fixes; the trainer chooses the others by the sample."""

    name: str
    value: bool | float | str


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A kind of lending: its subject, features, label, split, algorithm, gate and cut-off."""

    name: PortfolioName
    subject: str
    currency: Currency
    features: tuple[Feature, ...]
    protected: tuple[str, ...]
    """Columns that are never features; they serve the fairness screen."""
    label: LabelRule | TableRule
    """Of advances, or of a table of the lender's own."""
    split: Split
    algorithm: str
    gate: Gate
    cut_off: float
    """Probability of default in (0, 1) from which an application is declined, where costs do not say."""
    ingestion_lag_hours: int
    """Hours from a fact's own time until the lender knows it, assumed where a provider does not say."""
    quality: Quality | None = None
    """None: there is no gate but that of deployment."""
    sentences: tuple[ReasonSentences, ...] = ()
    """Of reason groups of the portfolio's own."""
    settings: tuple[Setting, ...] = ()
    """Of the algorithm, in the order of the file."""
    costs: Costs | None = None
    """Of wrong decisions; None: `cut_off` alone decides."""
    fairness: Fairness = field(default_factory=Fairness)
    """How the protected columns are screened."""

    def with_algorithm(self, name: str) -> "Portfolio":
        """The same with that algorithm; settings that were fixed of another one go with it."""
        return self if name == self.algorithm else replace(self, algorithm=name, settings=())

    @property
    def decline_from(self) -> float:
        """Probability of default from which an application is declined.

        That of the costs where they give the same for everybody, otherwise `cut_off`.
        """
        by_cost = None if self.costs is None else self.costs.threshold
        return self.cut_off if by_cost is None else by_cost

    @property
    def own_sentences(self) -> Mapping[str, str]:
        """Sentences of the portfolio's own reason groups, by code as in the catalogue."""
        return {
            code: sentence
            for own in self.sentences
            for code, sentence in ((own.group, own.adverse), (f"{own.group}_missing", own.missing))
        }

    @property
    def table(self) -> TableRule | None:
        """How rows stand in the lender's own table; None where they are advances."""
        return self.label if isinstance(self.label, TableRule) else None

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
