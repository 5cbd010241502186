"""Medians with their spread: a figure of a noisy machine is never told without its quartiles."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """The three quartiles of repeated measurements, in the unit of what was measured."""

    lower: float
    median: float
    upper: float


def spread_of(values: Sequence[float]) -> Spread:
    """The quartiles of at least one value, interpolated within the values (Hyndman and Fan 1996, type 7).

    Raises:
        ValueError: where there is none.
    """
    if not values:
        raise ValueError("no value to summarise")
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(lower, median, upper)


def times_as_fast(baseline: Sequence[float], ours: Sequence[float]) -> Spread:
    """How many times as fast as the baseline: quartiles of the ratios of durations, round by round.

    Each round's ratio is of neighbours in time, so a machine that slows down for a while moves both.

    Raises:
        ValueError: where the rounds do not pair, or there is none.
    """
    return spread_of([theirs / own for theirs, own in zip(baseline, ours, strict=True)])
