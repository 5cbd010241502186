"""Sums over groups of rows, for many weightings of the rows at once: what every measure by group is made from."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from trainer.arrays import Bools, Floats, Indices, Outcomes
from trainer.bootstrap import draw_weights
from trainer.evaluation import probability
from trainer.ranking import Ranking, cumulate, rank, roc_auc

MOST_ROWS = 100_000
"""Rows above which fewer replicates are drawn: their intervals are narrow."""
FEWER = 200
REPLICATES = 1000


@dataclass(frozen=True, slots=True, eq=False)
class GroupSums:
    """Of one group, each `[b]` over b weightings."""

    rows: Floats
    accepted: Floats
    pd: Floats
    bads: Floats
    log_odds: Floats
    """Less the mean of all judged rows, which keeps the squares small."""
    log_odds_squared: Floats
    roc_auc: Floats
    """NaN where the group has rows of one class only."""

    @property
    def acceptance_rate(self) -> Floats:
        """Share accepted."""
        return self.accepted / self.rows

    @property
    def calibration_difference(self) -> Floats:
        """Mean probability of default less the bad rate: above 0 the group is taken for riskier than it was."""
        return (self.pd - self.bads) / self.rows

    def adverse_impact_ratio(self, reference: Self) -> Floats:
        """Acceptance rate over the reference group's (29 CFR 1607.4 D)."""
        return self.acceptance_rate / reference.acceptance_rate

    def standardised_mean_difference(self, reference: Self) -> Floats:
        """Mean log-odds of default less the reference group's, in pooled standard deviations (Cohen 1988, section 2.2).

        Above 0 the group is scored riskier than the reference group.
        """
        pooled = (self._squares() + reference._squares()) / (self.rows + reference.rows - 2)
        return (self.log_odds / self.rows - reference.log_odds / reference.rows) / np.sqrt(pooled)

    def _squares(self) -> Floats:
        """Sum of squared distances from the group's mean."""
        return np.maximum(self.log_odds_squared - np.square(self.log_odds) / self.rows, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What became of n judged rows."""

    y: Outcomes
    log_odds: Floats
    """Calibrated, of default."""
    accepted: Bools
    users: Indices
    """Codes 0 to k - 1."""


def plain_sums(outcome: Outcome, members: Sequence[Indices]) -> tuple[GroupSums, ...]:
    """The sums of groups of positions, each row once (b = 1)."""
    columns, rankings = _columns(outcome), _rankings(outcome, members)
    return _sums(np.ones((1, len(outcome.y))), columns, members, rankings)


def resampled_sums(outcome: Outcome, members: Sequence[Indices], *, rng: np.random.Generator) -> tuple[GroupSums, ...]:
    """The same over bootstrap replicates, whole users drawn with replacement from all rows."""
    columns, rankings = _columns(outcome), _rankings(outcome, members)
    replicates = REPLICATES if len(outcome.y) <= MOST_ROWS else FEWER
    drawn = [_sums(one, columns, members, rankings) for one in draw_weights(outcome.users, rng, replicates)]
    return tuple(_joined(parts) for parts in zip(*drawn, strict=True))


def _columns(outcome: Outcome) -> Floats:
    """`[n, 6]` in the order of GroupSums' fields."""
    centred = outcome.log_odds - outcome.log_odds.mean()
    ones = np.ones(len(centred))
    return np.column_stack(
        [ones, outcome.accepted, probability(outcome.log_odds), outcome.y, centred, np.square(centred)]
    )


def _rankings(outcome: Outcome, members: Sequence[Indices]) -> list[Ranking]:
    return [rank(outcome.log_odds[rows], outcome.y[rows]) for rows in members]


def _sums(
    weights: Floats, columns: Floats, members: Sequence[Indices], rankings: Sequence[Ranking]
) -> tuple[GroupSums, ...]:
    found = []
    for rows, ranking in zip(members, rankings, strict=True):
        own = weights[:, rows]
        found.append(GroupSums(*[*(own @ columns[rows]).T, roc_auc(cumulate(ranking, own))]))
    return tuple(found)


def _joined(parts: Sequence[GroupSums]) -> GroupSums:
    return GroupSums(*(np.concatenate([getattr(one, field.name) for one in parts]) for field in fields(GroupSums)))
