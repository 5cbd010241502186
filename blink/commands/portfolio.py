"""`blink portfolio`: descriptions of portfolios."""

from argparse import Namespace

from blink.named_portfolio import named_portfolio
from blink.outcome import Outcome
from blink.settings import read_settings

_ARROWS = {-1: "−", 0: "·", 1: "+"}


def check(arguments: Namespace) -> Outcome:
    """Check a portfolio's description and say what it means."""
    portfolio = named_portfolio(arguments.portfolio, read_settings(home=arguments.home))
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
