"""The search for a less discriminatory model among candidates of equal worth; the choice is not changed by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from credit.fairness import Fairness
from trainer.fairness.acceptance import RATES, GroupAcceptance

RULE = (
    "of all candidates that ran on every fold and whose mean AUC falls short of the best one's by no more than one "
    "standard error, the one whose lowest adverse impact ratio is highest, each accepting the same share of the rows "
    "that it had not seen; the choice of the model is not changed by it"
)


@dataclass(frozen=True, slots=True)
class EqualCandidate:
    """A candidate as good as the best by the comparison's rule, with its groups over all folds."""

    name: str
    chosen: bool
    mean_auc: float
    groups: tuple[GroupAcceptance, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """What such a candidate does to the groups."""

    candidate: str
    chosen: bool
    mean_auc: float
    worst_ratio: Mapping[str, float]
    """The lowest adverse impact ratio of each protected column that has two groups with enough rows; not of one of
    whose declared reference group it accepts nobody."""


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The candidates of equal worth."""

    rule: str
    acceptance_rate: float
    """Share of the rows that each accepts: of `RATES` the one nearest to the model's own."""
    candidates: tuple[Alternative, ...]
    least_discriminatory: str
    """Of those with a ratio in every column that any has; empty where no candidate has all."""


def alternatives(found: Sequence[EqualCandidate], rules: Fairness, acceptance_rate: float) -> Alternatives | None:
    """The candidates beside each other; None where no column has two groups with enough rows.

    Who lacks a ratio in one of the columns shown is not ranked: the other columns alone would flatter it.
    Of equals the chosen one is the least discriminatory, then the one of the higher mean AUC.
    """
    place = min(range(len(RATES)), key=lambda at: abs(RATES[at] - acceptance_rate))
    shown = tuple(Alternative(one.name, one.chosen, one.mean_auc, _worst(one, rules, place)) for one in found)
    if not any(one.worst_ratio for one in shown):
        return None
    columns = {name for one in shown for name in one.worst_ratio}
    whole = [one for one in shown if one.worst_ratio.keys() == columns]
    least = max(whole, key=lambda one: (min(one.worst_ratio.values()), one.chosen, one.mean_auc), default=None)
    return Alternatives(RULE, RATES[place], shown, "" if least is None else least.candidate)


def _worst(candidate: EqualCandidate, rules: Fairness, place: int) -> dict[str, float]:
    columns: dict[str, list[GroupAcceptance]] = {}
    for one in candidate.groups:
        if one.rows >= rules.min_rows:
            columns.setdefault(one.column, []).append(one)
    ratios = {
        name: _lowest(groups, rules.grouping(name).reference, place)
        for name, groups in columns.items()
        if len(groups) > 1
    }
    return {name: ratio for name, ratio in ratios.items() if ratio is not None}


def _lowest(groups: Sequence[GroupAcceptance], declared: str | None, place: int) -> float | None:
    highest = max(groups, key=lambda one: one.rate(place))
    reference = next((one for one in groups if one.group == declared), highest)
    if not reference.rate(place):
        return None
    return min(one.rate(place) / reference.rate(place) for one in groups if one is not reference)
