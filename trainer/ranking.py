"""Measures of how well scores rank bads above goods, for many weightings of the rows at once.

A weighting is how often each row was drawn in a bootstrap replicate; all ones gives the plain measure.
"""

from dataclasses import dataclass

import numpy as np

from trainer.arrays import Floats, Indices, Outcomes


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows in falling order of score; `starts` are the positions at which a new score begins."""

    order: Indices
    starts: Indices
    y: Floats
    """Outcomes in that order."""


@dataclass(frozen=True, slots=True)
class Cumulated:
    """Weights of bads and goods `[b, g]` in every group of equal scores, and summed from the highest score."""

    bads: Floats
    goods: Floats
    bads_so_far: Floats
    goods_so_far: Floats


def rank(scores: Floats, y: Outcomes) -> Ranking:
    """The ranking of rows by scores `[n]`."""
    order = np.argsort(-scores, kind="stable")
    changes = np.flatnonzero(np.diff(scores[order])) + 1
    return Ranking(order, np.concatenate([[0], changes]).astype(np.int64), y[order].astype(np.float64))


def cumulate(ranking: Ranking, weights: Floats) -> Cumulated:
    """Weights `[b, n]` added up along the ranking."""
    ordered = weights[:, ranking.order]
    bads = _by_group(ordered * ranking.y, ranking.starts)
    goods = _by_group(ordered, ranking.starts) - bads
    return Cumulated(bads, goods, np.cumsum(bads, axis=1), np.cumsum(goods, axis=1))


def _by_group(weights: Floats, starts: Indices) -> Floats:
    if len(starts) == weights.shape[1]:
        return weights
    return np.asarray(np.add.reduceat(weights, starts, axis=1), dtype=np.float64)


def roc_auc(sums: Cumulated) -> Floats:
    """Probability that a bad has a higher score than a good, ties half: Mann-Whitney U / (bads * goods)."""
    pairs = np.sum(sums.goods * (sums.bads_so_far - sums.bads / 2), axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(pairs / (sums.bads_so_far[:, -1] * sums.goods_so_far[:, -1]), dtype=np.float64)


def auc_of(y: Outcomes, scores: Floats) -> float:
    """ROC AUC of scores `[n]` given outcomes `[n]`."""
    return float(roc_auc(cumulate(rank(scores, y), np.ones((1, len(y)))))[0])


def average_precision(sums: Cumulated) -> Floats:
    """Area under the precision-recall curve as the sum of precision times gain in recall (no interpolation)."""
    drawn = sums.bads_so_far + sums.goods_so_far
    precision = sums.bads_so_far / np.maximum(drawn, 1)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sum(precision * sums.bads, axis=1) / sums.bads_so_far[:, -1], dtype=np.float64)


def kolmogorov_smirnov(sums: Cumulated) -> Floats:
    """Greatest distance between the cumulative distributions of the scores of bads and of goods."""
    with np.errstate(invalid="ignore"):
        caught = sums.bads_so_far / sums.bads_so_far[:, -1:]
        disturbed = sums.goods_so_far / sums.goods_so_far[:, -1:]
    return np.asarray(np.max(np.abs(caught - disturbed), axis=1), dtype=np.float64)
