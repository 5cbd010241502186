"""What turns a calibrated score into points and reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from credit.bundle.canonical import Json, to_bytes, to_object
from credit.bundle.errors import BundleError
from credit.portfolios import Feature
from forest.engine import Floats

FILE = "scorecard.json"


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Points and the reference point of every reason."""

    catalogue_version: str
    """Version of the catalogue of sentences that the reasons are worded from."""
    reason_groups: Mapping[str, tuple[str, ...]]
    """Features of each reason group, in the model's order."""
    mean_contributions: Mapping[str, float]
    """Mean calibrated contribution of each feature over `reference.parquet`, on the calibration's scale."""
    base_points: float = 600.0
    """Points at `base_odds`."""
    base_odds: float = 50.0
    """Odds of repayment to default, as in 50:1."""
    points_to_double: float = 20.0
    """Points that double the odds."""
    sentences: Mapping[str, str] = field(default_factory=dict)
    """Of reason groups that the catalogue does not have, by code."""


def scorecard_of(
    features: Sequence[Feature], phi: Floats, *, catalogue_version: str, sentences: Mapping[str, str]
) -> Scorecard:
    """The scorecard of calibrated contributions float64 [n, d] of the reference rows (n > 0)."""
    groups: dict[str, tuple[str, ...]] = {}
    for feature in features:
        groups[feature.reason_group] = (*groups.get(feature.reason_group, ()), feature.name)
    means = phi.mean(axis=0)
    return Scorecard(
        catalogue_version=catalogue_version,
        reason_groups=groups,
        mean_contributions={feature.name: float(mean) for feature, mean in zip(features, means, strict=True)},
        sentences=sentences,
    )


def scorecard_to_bytes(scorecard: Scorecard) -> bytes:
    """The scorecard as canonical JSON."""
    fields: dict[str, Json] = {
        "catalogue_version": scorecard.catalogue_version,
        "reason_groups": {group: list(names) for group, names in scorecard.reason_groups.items()},
        "mean_contributions": dict(scorecard.mean_contributions),
        "base_points": scorecard.base_points,
        "base_odds": scorecard.base_odds,
        "points_to_double": scorecard.points_to_double,
    }
    if scorecard.sentences:
        fields["sentences"] = dict(scorecard.sentences)
    return to_bytes(fields, file=FILE)


def scorecard_from_bytes(content: bytes) -> Scorecard:
    """The scorecard in canonical JSON.

    Raises:
        BundleError: where it is none.
    """
    fields = to_object(content, file=FILE)
    try:
        groups = cast("dict[str, list[str]]", fields.pop("reason_groups"))
        ordered = {group: tuple(names) for group, names in groups.items()}
        return Scorecard(reason_groups=ordered, **fields)  # type: ignore[arg-type]  # the file's hash was checked
    except (KeyError, TypeError, AttributeError) as error:
        raise BundleError(f"{FILE}: a field is missing, unknown or has a wrong type: {error!r}") from error
