"""Who would be accepted among judged rows, by the portfolio's own rule."""

from dataclasses import dataclass

import numpy as np

from credit.costs import Stakes
from credit.portfolios import Portfolio
from trainer.arrays import Bools, Floats
from trainer.evaluation import probability


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """Of n rows."""

    accepted: Bools
    cut_off: float | None
    """Probability of default from which a row is declined; None where each row has its own."""
    rule: str


def decide(log_odds: Floats, portfolio: Portfolio, stakes: Stakes | None) -> Decisions:
    """The decisions on rows with calibrated log-odds of default `[n]`, and what each may earn or lose."""
    pd = probability(log_odds)
    costs = portfolio.costs
    if stakes is None or costs is None or costs.threshold is not None:
        cut_off = portfolio.decline_from
        return Decisions(pd < cut_off, cut_off, f"accepted below a probability of default of {cut_off:g}")
    own = np.where(stakes.usable, pd <= stakes.thresholds, pd < portfolio.cut_off)
    rule = (
        "accepted where the expected cost of declining is the higher one, each row by its own amounts, and rows whose "
        f"amounts are not known or not above 0 below a probability of default of {portfolio.cut_off:g}"
    )
    return Decisions(np.asarray(own, dtype=np.bool_), None, rule)
