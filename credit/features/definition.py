"""What the definition of a feature says."""

from dataclasses import dataclass

from credit.features import unknown
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


def define(
    name: str,
    unit: str,
    direction: Direction,
    reason_group: str,
    *,
    window: str,
    definition: str,
    null_when: str = unknown.NO_ACTIVITY,
) -> Definition:
    """A numeric feature's definition; unknown without any transaction where nothing else is said."""
    feature = Feature(name, FeatureKind.NUMERIC, unit, direction, reason_group)
    return Definition(feature, window, definition, null_when)
