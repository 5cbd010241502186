"""What a decision costs: the margin lost by declining a good applicant, the loss by accepting a bad one.

Accepting is worth (1 - PD) * margin - PD * LGD * exposure, declining nothing, so that an applicant is declined where
PD > margin / (margin + LGD * exposure) (Elkan, The Foundations of Cost-Sensitive Learning, IJCAI 2001).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Outcomes = npt.NDArray[np.int8]

CURVE = tuple(step / 20 for step in range(1, 20))
"""Cut-offs at which the cost is shown."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What a portfolio's decisions are worth; amounts in major units of its currency, or columns that hold them."""

    loss_given_default: float
    """Share of the exposure that a default loses, in (0, 1]."""
    exposure: float | str
    """Owed at default: an amount, or the column of a feature."""
    margin: float | str | None = None
    """Earned from an applicant who pays: an amount, or the column of a feature."""
    margin_rate: float | None = None
    """In place of `margin`: its share of the exposure, above 0."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the amounts are read from."""
        return tuple(amount for amount in (self.exposure, self.margin) if isinstance(amount, str))

    @property
    def threshold(self) -> float | None:
        """Probability of default above which everybody is declined; None where it differs between rows."""
        if self.margin_rate is not None:
            return self.margin_rate / (self.margin_rate + self.loss_given_default)
        if isinstance(self.margin, str) or isinstance(self.exposure, str) or self.margin is None:
            return None
        return self.margin / (self.margin + self.loss_given_default * self.exposure)


@dataclass(frozen=True, slots=True, eq=False)
class Stakes:
    """What each of n rows may earn or lose, in major units of the portfolio's currency."""

    margin: Floats
    """`[n]`, lost where a good row is declined."""
    loss: Floats
    """`[n]`, LGD * exposure, lost where a bad row is accepted."""

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """`[n]`: both amounts are known and above 0."""
        return np.asarray(np.isfinite(self.margin) & np.isfinite(self.loss) & (self.margin > 0) & (self.loss > 0))

    @property
    def thresholds(self) -> Floats:
        """Probabilities of default `[n]` above which a row is declined; NaN or infinite of rows not `usable`."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.margin / (self.margin + self.loss), dtype=np.float64)

    def take(self, chosen: npt.NDArray[np.bool_]) -> "Stakes":
        """The stakes of the chosen rows."""
        return Stakes(self.margin[chosen], self.loss[chosen])


@dataclass(frozen=True, slots=True)
class CostPoint:
    """One cut-off for all rows."""

    cut_off: float
    cost: float
    """In major units of the portfolio's currency."""
    declined: int


@dataclass(frozen=True, slots=True)
class CostReport:
    """Decisions by expected cost on rows whose outcome is known, in major units of the portfolio's currency."""

    rows: int
    left_out: int
    """Rows whose margin or exposure is not known or not above 0; nothing below counts them."""
    threshold: float | None
    """One for all rows; None where each row has its own."""
    declined: int
    cost: float
    """Of declining each row above its threshold."""
    accept_all: float
    """Cost of declining nobody."""
    decline_all: float
    """Cost of declining everybody."""
    savings: float
    """`accept_all - cost`."""
    curve: tuple[CostPoint, ...]
    """By cut-off, rising."""


def stakes_of(costs: Costs, rows: int, column: Callable[[str], Floats]) -> Stakes:
    """The stakes of rows; `column` gives the values `[n]` of a column."""

    def amounts(amount: float | str) -> Floats:
        return column(amount) if isinstance(amount, str) else np.full(rows, float(amount))

    exposure = amounts(costs.exposure)
    margin = exposure * costs.margin_rate if costs.margin_rate is not None else amounts(costs.margin or 0.0)
    return Stakes(margin, costs.loss_given_default * exposure)


def cost_report(costs: Costs, y: Outcomes, default_probabilities: Floats, stakes: Stakes) -> CostReport:
    """What deciding by expected cost would have cost on rows with outcomes `[n]` and probabilities of default `[n]`."""
    usable = stakes.usable
    kept, bad, pd = stakes.take(usable), y[usable] == 1, default_probabilities[usable]
    declined = pd > kept.thresholds
    nobody, everybody = np.zeros(len(pd), dtype=np.bool_), np.ones(len(pd), dtype=np.bool_)
    cost, accept_all = _cost(bad, declined, kept), _cost(bad, nobody, kept)
    return CostReport(
        rows=len(pd),
        left_out=int((~usable).sum()),
        threshold=costs.threshold,
        declined=int(declined.sum()),
        cost=cost,
        accept_all=accept_all,
        decline_all=_cost(bad, everybody, kept),
        savings=accept_all - cost,
        curve=tuple(_point(cut_off, bad, pd, kept) for cut_off in CURVE),
    )


def _point(cut_off: float, bad: npt.NDArray[np.bool_], pd: Floats, stakes: Stakes) -> CostPoint:
    declined = pd > cut_off
    return CostPoint(cut_off, _cost(bad, declined, stakes), int(declined.sum()))


def _cost(bad: npt.NDArray[np.bool_], declined: npt.NDArray[np.bool_], stakes: Stakes) -> float:
    return float(stakes.loss[bad & ~declined].sum() + stakes.margin[~bad & declined].sum())
