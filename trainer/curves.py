"""How scores rank the judged rows and how far they can be believed: few enough figures to be kept."""

from itertools import pairwise

import numpy as np

from credit.bundle.evaluation import RocPoint, Tenth
from trainer.arrays import Floats, Indices, Outcomes
from trainer.evaluation import probability
from trainer.ranking import Ranking, cumulate, rank
from trainer.wilson import wilson

ROC_STEPS = 200
TENTHS = 10


def roc_points(ranking: Ranking) -> tuple[RocPoint, ...]:
    """The ROC curve of rows of both classes, at most `ROC_STEPS` + 2 points of it that keep its shape.

    Points are spaced evenly along goods + bads, so that between two neighbours the curve rises and goes right by no
    more than 2 / `ROC_STEPS` together, but where one score alone makes a larger step; the point of the greatest
    distance (KS) is among them.
    """
    sums = cumulate(ranking, np.ones((1, len(ranking.y))))
    bads, goods = (np.concatenate([[0.0], one[0] / one[0, -1]]) for one in (sums.bads_so_far, sums.goods_so_far))
    along = np.linspace(0, 2, ROC_STEPS + 1)
    places = np.searchsorted(bads + goods, along * (1 - np.finfo(float).eps))
    kept = np.unique([0, *places, int(np.argmax(np.abs(bads - goods))), len(bads) - 1])
    return tuple(RocPoint(float(goods[place]), float(bads[place])) for place in kept if place < len(bads))


def tenths_of(ranking: Ranking, log_odds: Floats) -> tuple[Tenth, ...]:
    """About equal parts of rows of both classes with log-odds of default `[n]`, the riskiest first.

    A part ends where a score does: there are fewer than `TENTHS` where scores are few.
    """
    pd = probability(log_odds[ranking.order])
    bads = np.concatenate([[0], np.cumsum(ranking.y)])
    bounds = _bounds(ranking.starts, len(pd))
    return tuple(_tenth(pd[start:end], bads, start, end) for start, end in pairwise(bounds))


def _tenth(pd: Floats, bads: Floats, start: int, end: int) -> Tenth:
    """Rows `start` to `end` of the ranking; `bads[i]` are those before place i."""
    rows, bad, everybody, all_bads = end - start, int(bads[end] - bads[start]), len(bads) - 1, float(bads[-1])
    bad_rate = wilson(bad / rows, rows)
    captured = float(bads[end]) / all_bads
    return Tenth(
        rows=rows,
        bads=bad,
        bad_rate=bad_rate.estimate,
        bad_rate_lower=bad_rate.lower,
        bad_rate_upper=bad_rate.upper,
        lowest_pd=float(pd[-1]),
        highest_pd=float(pd[0]),
        mean_pd=float(pd.mean()),
        captured=captured,
        lift=bad_rate.estimate / (all_bads / everybody),
        ks=captured - (end - float(bads[end])) / (everybody - all_bads),
    )


def _bounds(starts: Indices, rows: int) -> list[int]:
    """First places of the parts, and the number of rows: the ends of scores that are nearest to the tenths."""
    ends = np.append(starts, rows)
    wanted = np.arange(TENTHS + 1) * rows / TENTHS
    above = np.minimum(np.searchsorted(ends, wanted), len(ends) - 1)
    below = np.maximum(above - 1, 0)
    nearest = np.where(wanted - ends[below] < ends[above] - wanted, below, above)
    return [int(ends[place]) for place in np.unique(nearest)]


def curves_of(y: Outcomes, log_odds: Floats) -> tuple[tuple[RocPoint, ...], tuple[Tenth, ...]]:
    """ROC curve and tenths of rows with outcomes `[n]` of both classes and log-odds of default `[n]`."""
    ranking = rank(log_odds, y)
    return roc_points(ranking), tenths_of(ranking, log_odds)
