"""The `[costs]` of a portfolio's TOML file: what a wrong decision costs."""

from collections.abc import Sequence

from credit.costs import Costs
from credit.portfolio_fields import record
from credit.portfolios import Feature, PortfolioError


def costs_of(row: object, features: Sequence[Feature], place: str) -> Costs:
    """The costs that a `[costs]` states.

    Raises:
        PortfolioError: where a field is missing, unknown, of a wrong type or out of range, or a column is that of no
            feature.
    """
    costs = record(Costs, row, place)
    if (costs.margin is None) == (costs.margin_rate is None):
        raise PortfolioError(f"{place}: needs either margin, an amount or a column, or margin_rate, of the exposure")
    if not 0 < costs.loss_given_default <= 1:
        raise PortfolioError(f"{place} loss_given_default: must be a share above 0, not {costs.loss_given_default}")
    for name in ("margin", "margin_rate", "exposure"):
        amount = getattr(costs, name)
        if isinstance(amount, int | float) and not amount > 0:
            raise PortfolioError(f"{place} {name}: must be above 0, not {amount}")
    known = {feature.source for feature in features}
    if unknown := [column for column in costs.columns if column not in known]:
        raise PortfolioError(
            f"{place}: {', '.join(unknown)} is the column of no feature: give an amount or one of those"
        )
    return costs
