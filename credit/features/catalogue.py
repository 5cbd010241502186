"""The catalogue of cash-flow features: what each means, its window, unit, direction and reason group."""

from dataclasses import dataclass

from credit.portfolios import Direction, Feature, FeatureKind


@dataclass(frozen=True, slots=True)
class Definition:
    """One feature with the paragraph that defines it.

    `window` is in words; `null_when` says what leaves the feature unknown (never 0).
    """

    feature: Feature
    window: str
    definition: str
    null_when: str


def _numeric(name: str, unit: str, direction: Direction, reason_group: str) -> Feature:
    return Feature(name, FeatureKind.NUMERIC, unit, direction, reason_group)


CASH_FLOW: tuple[Definition, ...] = (
    Definition(
        _numeric("metric_debt_load30", "ratio", -1, "debt_load"),
        window="30 days",
        definition="Payments to lenders divided by income.",
        null_when="there was no income",
    ),
    Definition(
        _numeric("metric_overdraft_count90", "count", -1, "overdrafts"),
        window="90 days",
        definition="Local days on which the account was overdrawn.",
        null_when="there is no transaction",
    ),
    Definition(
        _numeric("metric_median_paycheck", "currency", 1, "income"),
        window="90 days",
        definition="Median pay received.",
        null_when="no pay was received",
    ),
    Definition(
        _numeric("metric_clean_buffer7", "currency", 1, "buffer"),
        window="7 days",
        definition="Lowest balance.",
        null_when="no balance is known",
    ),
    Definition(
        _numeric("metric_volatility90", "currency", -1, "volatility"),
        window="90 days",
        definition="Standard deviation of the daily net flow.",
        null_when="there is no transaction",
    ),
    Definition(
        _numeric("metric_total_balance", "currency", 1, "balance"),
        window="none",
        definition="Sum of the last known balances.",
        null_when="no balance is known",
    ),
    Definition(
        _numeric("metric_transaction_count90", "count", 0, "activity"),
        window="90 days",
        definition="Posted transactions.",
        null_when="never",
    ),
)
"""The features of a cash-flow portfolio in the model's order."""
