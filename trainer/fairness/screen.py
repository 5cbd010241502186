"""The screen of one model: outcomes by group of each protected column, on rows that did not shape the model."""

from collections.abc import Callable, Sequence
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
OTHERS = "other groups below {min_rows} rows"
NOTE = (
    "A screen, not a legal finding: it says where to look, and labels exist only for those who were granted credit. "
    "Groups of fewer than {min_rows} rows are counted together and not judged."
)


@dataclass(frozen=True, slots=True)
class GroupScreen:
    """One group's judged rows; measures are None where the group is not judged, or they are undefined.

    Fewer rows than the least of a group are counted and no more is said of them: it may be one person.
    """

    group: str
    rows: int
    bads: int | None
    accepted: int | None
    judged: bool
    acceptance_rate: Interval | None
    adverse_impact_ratio: Interval | None
    """Acceptance rate over the reference group's; None of that group itself."""
    below: bool
    """Whether the ratio is below the portfolio's `air_below`."""
    standardised_mean_difference: Interval | None
    """Of log-odds of default, in pooled standard deviations: above 0 scored riskier than the reference group."""
    mean_pd: float | None
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
    columns = _columns(outcome, protected.columns, rules, rng)
    return Screen(
        cut_off=decisions.cut_off,
        rule=decisions.rule,
        note=_note(protected, columns, rules),
        columns=columns,
        absent=protected.absent(portfolio.protected),
        proxies=tuple(one for one in found if one.association > rules.proxy_above),
        proxy_above=rules.proxy_above,
        closest=closest(found),
        acceptance_rate=float(outcome.accepted.mean()),
        air_below=rules.air_below,
    )


def _note(protected: Protected, columns: Sequence[ColumnScreen], rules: Fairness) -> str:
    parts = [NOTE.format(min_rows=rules.min_rows), *_references(columns, rules)]
    if protected.ungrouped:
        parts.append(f"Not screened, since so many different values are no groups: {', '.join(protected.ungrouped)}.")
    return " ".join([*parts, *protected.notes])


def _references(columns: Sequence[ColumnScreen], rules: Fairness) -> Sequence[str]:
    """Of the references what their choice does to the ratios."""
    declared = {one.column: rules.grouping(one.column).reference for one in columns}
    lost = [
        f"The declared group {declared[one.column]} of {one.column} is absent or has too few rows."
        for one in columns
        if declared[one.column] not in {None, one.reference}
    ]
    judged = {one.column: sum(group.judged for group in one.groups) for one in columns}
    best = [one.column for one in columns if judged[one.column] > 1 and declared[one.column] != one.reference]
    if not best:
        return lost
    those = ", ".join(f"{column} (of {judged[column]})" for column in best)
    luck = (
        f"Compared with the group of the highest acceptance rate: {those}. Being the highest is in part luck, more "
        "of it the more groups there are, so that ratios are a little low; the intervals leave this out."
    )
    return [*lost, luck]


def screen_json(found: Screen) -> dict[str, Any]:
    """The screen as JSON: an interval is an object of estimate, lower and upper."""
    shown = asdict(found)
    return {name: shown[name] for name in shown if name != "closest"}


def _columns(
    outcome: Outcome, columns: Sequence[Groups], rules: Fairness, rng: np.random.Generator
) -> tuple[ColumnScreen, ...]:
    divided = [_members(one, rules) for one in columns]
    members = [one.rows for groups in divided for one in groups]
    if not members:
        return ()
    plain = plain_sums(outcome, members)
    drawn = resampled_sums(outcome, members, rng=rng)
    found, first = [], 0
    for column, groups in zip(columns, divided, strict=True):
        own = slice(first, first := first + len(groups))
        users = [len(np.unique(outcome.users[one.rows])) for one in groups]
        parts = [_Part(*one) for one in zip(groups, plain[own], drawn[own], users, strict=True)]
        found.append(_column(column.column, parts, rules))
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Members:
    """Positions of one group's rows, one or more."""

    name: str
    rows: Indices
    judged: bool


def _members(groups: Groups, rules: Fairness) -> list[_Members]:
    """Of each group with enough rows; then of all smaller ones as one, and of the rows without a value."""
    named = [(name, np.flatnonzero(groups.codes == code)) for code, name in enumerate(groups.names)]
    small = np.flatnonzero(np.isin(groups.codes, [code for code, (_, rows) in enumerate(named) if _few(rows, rules)]))
    # A group may be called as rows without a value are: the name does not tell them apart.
    rest = ((OTHERS.format(min_rows=rules.min_rows), small), (NOT_STATED, np.flatnonzero(groups.codes == NOT_GIVEN)))
    return [
        *(_Members(name, rows, judged=True) for name, rows in named if not _few(rows, rules)),
        *(_Members(name, rows, judged=False) for name, rows in rest if len(rows)),
    ]


def _few(rows: Indices, rules: Fairness) -> bool:
    return len(rows) < rules.min_rows


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One group: its sums, those of the replicates, and its users."""

    members: _Members
    plain: GroupSums
    drawn: GroupSums
    users: int


def _column(column: str, parts: Sequence[_Part], rules: Fairness) -> ColumnScreen:
    judged = [one for one in parts if one.members.judged]
    reference = _reference(judged, rules.grouping(column).reference)
    # A replicate may have drawn nobody of a group.
    with np.errstate(divide="ignore", invalid="ignore"):
        groups = tuple(_group(one, reference, rules) for one in parts)
    return ColumnScreen(column, "" if reference is None else reference.members.name, groups)


def _reference(judged: Sequence[_Part], declared: str | None) -> _Part | None:
    """The declared group where it has enough rows, else the one with the highest acceptance rate."""
    highest = max(judged, key=lambda one: float(one.plain.acceptance_rate[0]), default=None)
    return next((one for one in judged if one.members.name == declared), highest)


def _group(part: _Part, reference: _Part | None, rules: Fairness) -> GroupScreen:
    plain, drawn, judged = part.plain, part.drawn, part.members.judged
    told = not _few(part.members.rows, rules)
    rate, bad_rate = float(plain.acceptance_rate[0]), float(plain.bads[0] / plain.rows[0])
    ratio = distance = None
    if judged and reference is not None and reference is not part:
        ratio = _measured(part, reference, GroupSums.adverse_impact_ratio)
        distance = _measured(part, reference, GroupSums.standardised_mean_difference)
    return GroupScreen(
        group=part.members.name,
        rows=len(part.members.rows),
        bads=int(plain.bads[0]) if told else None,
        accepted=int(plain.accepted[0]) if told else None,
        judged=judged,
        acceptance_rate=wilson(rate, part.users) if judged else None,
        adverse_impact_ratio=ratio,
        below=ratio is not None and ratio.estimate < rules.air_below,
        standardised_mean_difference=distance,
        mean_pd=float(plain.pd[0] / plain.rows[0]) if told else None,
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
