"""`blink portfolio`: descriptions of portfolios."""

from argparse import Namespace

from blink.outcome import Outcome
from credit.portfolio_file import load_portfolio

_ARROWS = {-1: "−", 0: "·", 1: "+"}


def check(arguments: Namespace) -> Outcome:
    """Check a portfolio's description and say what it means."""
    portfolio = load_portfolio(arguments.portfolio)
    label = portfolio.label
    bad = (
        f"{label.material_amount:g} {portfolio.currency} or more unpaid {label.days_late} days after the first due date"
    )
    lines = [
        f"{portfolio.name}: scores a {portfolio.subject} in {portfolio.currency} with {portfolio.algorithm}",
        f"bad: {bad}, or written off; known {label.settlement_lag_days} days later",
        f"split: {portfolio.split.kind}; declines from a probability of default of {portfolio.cut_off:g}",
        f"{len(portfolio.features)} features (+ more is better for repayment, − worse, · free):",
        *(
            f"  {_ARROWS[each.direction]} {each.name}  [{each.unit}]  {each.reason_group}"
            for each in portfolio.features
        ),
    ]
    return Outcome("\n".join(lines), {"name": portfolio.name, "features": list(portfolio.feature_names)})
