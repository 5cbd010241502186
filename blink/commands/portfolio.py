"""`blink portfolio`: descriptions of portfolios."""

from argparse import Namespace
from collections.abc import Sequence

from blink.named_portfolio import named_portfolio
from blink.outcome import Outcome
from blink.settings import read_settings
from credit.portfolios import Feature, LabelRule, Portfolio

_ARROWS = {-1: "−", 0: "·", 1: "+"}


def check(arguments: Namespace) -> Outcome:
    """Check a portfolio's description and say what it means."""
    portfolio = named_portfolio(arguments.portfolio, read_settings(home=arguments.home))
    lines = [
        f"{portfolio.name}: scores a {portfolio.subject} in {portfolio.currency} with {portfolio.algorithm}",
        *_label(portfolio),
        f"split: {portfolio.split.kind}; declines from a probability of default of {portfolio.cut_off:g}",
        *_quality(portfolio),
        *_settings(portfolio),
        f"{len(portfolio.features)} features (+ more is better for repayment, − worse, · free):",
        *(
            f"  {_ARROWS[each.direction]} {each.name}  [{each.unit}]  {each.reason_group}{_column(each)}"
            for each in portfolio.features
        ),
    ]
    return Outcome("\n".join(lines), {"name": portfolio.name, "features": list(portfolio.feature_names)})


def _label(portfolio: Portfolio) -> Sequence[str]:
    rule = portfolio.label
    if isinstance(rule, LabelRule):
        late = f"{rule.material_amount:g} {portfolio.currency} or more unpaid {rule.days_late} days after the first"
        return [f"bad: {late} due date, or written off; known {rule.settlement_lag_days} days later"]
    known = rule.known_at or f"{rule.known_after_days} days after the observation"
    return [
        f"bad: {rule.label}; known from {known}",
        f"table: subject {rule.subject_id or 'by the row'}, observed at {rule.observed_at or 'the load'}",
    ]


def _quality(portfolio: Portfolio) -> Sequence[str]:
    gate = portfolio.quality
    if gate is None:
        return []
    return [f"quality: at least {gate.min_rows} labelled rows and a ROC AUC of {gate.min_auc:.2f}"]


def _settings(portfolio: Portfolio) -> Sequence[str]:
    fixed = ", ".join(f"{one.name} {one.value}" for one in portfolio.settings)
    return [f"settings of {portfolio.algorithm}: {fixed}"] if fixed else []


def _column(feature: Feature) -> str:
    column = "" if feature.column is None else f"  from {feature.column}"
    return column + (f"  one of {', '.join(feature.categories)}" if feature.categories else "")
