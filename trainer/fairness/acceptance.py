"""Whom a candidate would accept of each group if all candidates accepted the same share of the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from credit.groups import Protected
from trainer.arrays import Floats

RATES = tuple(step / 20 for step in range(1, 20))
"""Shares of all rows accepted: margins of different candidates are not calibrated, and no cut-off means the same."""


@dataclass(frozen=True, slots=True)
class GroupAcceptance:
    """One group of one protected column."""

    column: str
    group: str
    rows: int
    accepted: tuple[float, ...]
    """Rows accepted at each of `RATES`; of rows with the margin at which the share is reached, that part of them."""

    def rate(self, place: int) -> float:
        """Share of the group that is accepted at the rate of that place."""
        return self.accepted[place] / self.rows


def accepted_by_group(margins: Floats, protected: Protected) -> tuple[GroupAcceptance, ...]:
    """The acceptance of each group where rows `[n]` with the lowest margins of default are accepted first."""
    if not protected.columns:
        return ()
    _, places, counts = np.unique(margins, return_inverse=True, return_counts=True)
    before = np.cumsum(counts) - counts
    parts = [np.clip((rate * len(margins) - before) / counts, 0.0, 1.0)[places] for rate in RATES]
    found = []
    for one in protected.columns:
        given = one.codes >= 0
        codes, k = one.codes[given].astype(np.int64), len(one.names)
        rows = np.bincount(codes, minlength=k)
        accepted = np.stack([np.bincount(codes, weights=part[given], minlength=k) for part in parts], axis=1)
        found += [
            GroupAcceptance(one.column, name, int(rows[place]), tuple(accepted[place].tolist()))
            for place, name in enumerate(one.names)
            if rows[place]
        ]
    return tuple(found)


def added_up(parts: Sequence[Sequence[GroupAcceptance]]) -> tuple[GroupAcceptance, ...]:
    """The groups of several sets of rows as one."""
    found: dict[tuple[str, str], GroupAcceptance] = {}
    for one in (group for part in parts for group in part):
        key = (one.column, one.group)
        before = found.get(key)
        found[key] = one if before is None else _sum(before, one)
    return tuple(found.values())


def _sum(one: GroupAcceptance, other: GroupAcceptance) -> GroupAcceptance:
    accepted = tuple(a + b for a, b in zip(one.accepted, other.accepted, strict=True))
    return GroupAcceptance(one.column, one.group, one.rows + other.rows, accepted)


def acceptance_of(stored: Mapping[str, object]) -> GroupAcceptance:
    """A group's acceptance from JSON."""
    return GroupAcceptance(**{**stored, "accepted": tuple(stored["accepted"])})  # type: ignore[arg-type]  # as it was kept
