"""A model's measures beside its champion's, and their difference on the same rows where one was recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainer.card.registration import Registration

_MEASURES = (
    ("ROC AUC", "roc_auc", "higher"),
    ("PR AUC (average precision)", "pr_auc", "higher"),
    ("KS", "ks", "higher"),
    ("Brier score", "brier", "lower"),
    ("Log loss", "log_loss", "lower"),
    ("Calibration slope", "calibration_slope", "near 1"),
    ("Calibration intercept", "calibration_intercept", "near 0"),
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the comparison; values are numbers, or objects of estimate, lower and upper."""

    name: str
    better: str
    """higher, lower, or near what."""
    own: Any
    champion: Any
    """On the champion's own judged rows."""


def measures(metrics: Mapping[str, Any], registration: Registration | None) -> list[Measure]:
    """Each measure that the model has."""
    champion = registration.champion.metrics if registration is not None and registration.champion is not None else {}
    found = [
        Measure(name, better, metrics[key], champion.get(key)) for name, key, better in _MEASURES if key in metrics
    ]
    if (censored := metrics.get("censored_as_good")) is not None:
        other = champion.get("censored_as_good") or {}
        found.append(Measure("ROC AUC, unlabelled as good", "–", censored["roc_auc"], other.get("roc_auc")))
    return found
