"""The screen of one model: outcomes by group of each protected column, on rows that did not shape the model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from credit.association import Association, closest
from credit.fairness import Fairness
from credit.groups import NOT_GIVEN, Groups, Protected
from credit.portfolios import Portfolio
from trainer.arrays import Floats, Indices
from trainer.bootstrap import Interval, interval
from trainer.fairness.alternatives import Alternatives
from trainer.fairness.decisions import Decisions
from trainer.fairness.group_sums import GroupSums, Outcome, plain_sums, resampled_sums
from trainer.wilson import wilson

NOT_STATED = "not given"
NOTE = (
    "A screen, not a legal finding: it says where to look, and labels exist only for those who were granted credit. "
    "Groups of fewer than {min_rows} rows are counted and not judged."
)


@dataclass(frozen=True, slots=True)
class GroupScreen:
    """One group's judged rows; measures are None where the group is not judged, or they are undefined."""

    group: str
    rows: int
    bads: int
    accepted: int
    judged: bool
    acceptance_rate: Interval | None
    adverse_impact_ratio: Interval | None
    """Acceptance rate over the reference group's; None of that group itself."""
    below: bool
    """Whether the ratio is below the portfolio's `air_below`."""
    standardised_mean_difference: Interval | None
    """Of log-odds of default, in pooled standard deviations: above 0 scored riskier than the reference group."""
    mean_pd: float
    bad_rate: Interval | None
    calibration_difference: Interval | None
    """Mean PD less bad rate: above 0 taken for riskier than it was."""
    roc_auc: Interval | None


@dataclass(frozen=True, slots=True)
class ColumnScreen:
    """One protected column."""

    column: str
    reference: str
    """The group that the others are compared with; empty where none has enough rows."""
    groups: tuple[GroupScreen, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """All protected columns of one model."""

    cut_off: float | None
    """Probability of default from which a row is declined; None where each row has its own."""
    rule: str
    note: str
    columns: tuple[ColumnScreen, ...]
    absent: tuple[str, ...]
    """Protected columns that the data did not have."""
    proxies: tuple[Association, ...]
    """Features whose association with a protected column is above `proxy_above`, the strongest first."""
    proxy_above: float
    closest: tuple[Association, ...]
    """Of each column the strongest association, above or not."""
    acceptance_rate: float
    """Of all judged rows."""
    air_below: float
    """Adverse impact ratio below which a group is marked."""
    alternatives: Alternatives | None = None
    """Candidates as good as the chosen one; None where nothing was compared."""


def screen(
    outcome: Outcome,
    protected: Protected,
    decisions: Decisions,
    portfolio: Portfolio,
    found: Sequence[Association],
    *,
    rng: np.random.Generator,
) -> Screen:
    """The screen of judged rows by their groups; `found` are associations of features with protected columns."""
    rules = portfolio.fairness
    return Screen(
        cut_off=decisions.cut_off,
        rule=decisions.rule,
        note=_note(protected, rules),
        columns=_columns(outcome, protected.columns, rules, rng),
        absent=protected.absent(portfolio.protected),
        proxies=tuple(one for one in found if one.association > rules.proxy_above),
        proxy_above=rules.proxy_above,
        closest=closest(found),
        acceptance_rate=float(outcome.accepted.mean()),
        air_below=rules.air_below,
    )


def _note(protected: Protected, rules: Fairness) -> str:
    note = NOTE.format(min_rows=rules.min_rows)
    if protected.ungrouped:
        note += f" Not screened, since so many different values are no groups: {', '.join(protected.ungrouped)}."
    return note


def screen_json(found: Screen) -> dict[str, Any]:
    """The screen as JSON: an interval is an object of estimate, lower and upper."""
    shown = asdict(found)
    return {name: shown[name] for name in shown if name not in {"closest", "acceptance_rate", "air_below"}}


def _columns(
    outcome: Outcome, columns: Sequence[Groups], rules: Fairness, rng: np.random.Generator
) -> tuple[ColumnScreen, ...]:
    divided = [_members(one) for one in columns]
    members = [rows for one in divided for rows in one.values()]
    if not members:
        return ()
    plain = plain_sums(outcome, members)
    drawn = resampled_sums(outcome, members, rng=rng)
    found, first = [], 0
    for column, groups in zip(columns, divided, strict=True):
        own = slice(first, first := first + len(groups))
        users = [len(np.unique(outcome.users[rows])) for rows in groups.values()]
        parts = [_Part(*one) for one in zip(groups, plain[own], drawn[own], users, strict=True)]
        found.append(_column(column.column, parts, rules))
    return tuple(found)


def _members(groups: Groups) -> Mapping[str, Indices]:
    """Positions of each group's rows, of groups that have any."""
    codes = {**{name: code for code, name in enumerate(groups.names)}, NOT_STATED: NOT_GIVEN}
    members = {name: np.flatnonzero(groups.codes == code) for name, code in codes.items()}
    return {name: rows for name, rows in members.items() if len(rows)}


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One group: its sums, those of the replicates, and its users."""

    name: str
    plain: GroupSums
    drawn: GroupSums
    users: int

    def judged(self, rules: Fairness) -> bool:
        return self.name != NOT_STATED and int(self.plain.rows[0]) >= rules.min_rows


def _column(column: str, parts: Sequence[_Part], rules: Fairness) -> ColumnScreen:
    judged = [one for one in parts if one.judged(rules)]
    reference = _reference(judged, rules.grouping(column).reference)
    # A replicate may have drawn nobody of a group.
    with np.errstate(divide="ignore", invalid="ignore"):
        groups = tuple(_group(one, reference, rules) for one in parts)
    return ColumnScreen(column, "" if reference is None else reference.name, groups)


def _reference(judged: Sequence[_Part], declared: str | None) -> _Part | None:
    """The declared group where it has enough rows, else the one with the highest acceptance rate."""
    highest = max(judged, key=lambda one: float(one.plain.acceptance_rate[0]), default=None)
    return next((one for one in judged if one.name == declared), highest)


def _group(part: _Part, reference: _Part | None, rules: Fairness) -> GroupScreen:
    plain, drawn, judged = part.plain, part.drawn, part.judged(rules)
    rate, bad_rate = float(plain.acceptance_rate[0]), float(plain.bads[0] / plain.rows[0])
    ratio = distance = None
    if judged and reference is not None and reference is not part:
        ratio = _measured(part, reference, GroupSums.adverse_impact_ratio)
        distance = _measured(part, reference, GroupSums.standardised_mean_difference)
    return GroupScreen(
        group=part.name,
        rows=int(plain.rows[0]),
        bads=int(plain.bads[0]),
        accepted=int(plain.accepted[0]),
        judged=judged,
        acceptance_rate=wilson(rate, part.users) if judged else None,
        adverse_impact_ratio=ratio,
        below=ratio is not None and ratio.estimate < rules.air_below,
        standardised_mean_difference=distance,
        mean_pd=float(plain.pd[0] / plain.rows[0]),
        bad_rate=wilson(bad_rate, part.users) if judged else None,
        calibration_difference=_interval(plain.calibration_difference, drawn.calibration_difference)
        if judged
        else None,
        roc_auc=_interval(plain.roc_auc, drawn.roc_auc) if judged else None,
    )


def _measured(part: _Part, reference: _Part, measure: Callable[[GroupSums, GroupSums], Floats]) -> Interval | None:
    return _interval(measure(part.plain, reference.plain), measure(part.drawn, reference.drawn))


def _interval(plain: Floats, drawn: Floats) -> Interval | None:
    """None where the measure is undefined."""
    estimate = float(plain[0])
    return interval(estimate, drawn) if np.isfinite(estimate) else None
