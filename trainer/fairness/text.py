"""The screen in words."""

from collections.abc import Sequence

from credit.association import proxy_line
from credit.plain_table import table
from credit.printable import printable
from trainer.bootstrap import Interval
from trainer.fairness.alternatives import Alternatives
from trainer.fairness.screen import ColumnScreen, GroupScreen, Screen

_HEAD = (
    "rows",
    "bad",
    "accepted",
    "acceptance rate",
    "ratio to reference",
    "SMD of log-odds",
    "mean PD - bad rate",
    "ROC AUC",
    "",
)


def fairness_text(found: Screen) -> str:
    """The screen for people, in plain text; what of a lender's texts would steer a terminal is U+FFFD."""
    lines = [
        f"fairness: {found.note[0].lower()}{found.note[1:]}",
        *(_judged(found) if found.columns else []),
        *([proxy_line(found.proxies, found.closest, found.proxy_above)] if found.closest else []),
        *([f"the rows do not say, so that nothing is known of it: {', '.join(found.absent)}"] if found.absent else []),
        *([] if found.alternatives is None else _alternatives(found.alternatives)),
    ]
    return "\n".join(printable(line) for line in lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Sequence[str]:
    """The lines of a table; its cells are printable before they are measured."""
    return table([printable(cell) for cell in head], [[printable(cell) for cell in row] for row in rows]).split("\n")


def _judged(found: Screen) -> Sequence[str]:
    return (
        f"{found.rule}: {found.acceptance_rate:.1%} of the judged rows; [95 % interval]",
        "SMD above 0: scored riskier than the reference; mean PD - bad rate above 0: taken for riskier than it was",
        *(line for one in found.columns for line in _column(one, found.air_below)),
        *_marked(found),
        *(f"nothing could be compared by {one.column}: {_why(one)}" for one in found.columns if not _compared(one)),
    )


def _compared(found: ColumnScreen) -> bool:
    return any(one.adverse_impact_ratio is not None for one in found.groups)


def _why(found: ColumnScreen) -> str:
    judged = sum(one.judged for one in found.groups)
    if judged > 1:
        return "nobody of the reference group is accepted"
    return "only one group has enough rows" if judged else "no group has enough rows"


def _column(found: ColumnScreen, air_below: float) -> Sequence[str]:
    rows = [_group(one, found.reference, air_below) for one in found.groups]
    return _table((f"by {found.column}", *_HEAD), rows)


def _group(one: GroupScreen, reference: str, air_below: float) -> tuple[str, ...]:
    marks = {
        one.judged and one.group == reference: "the reference",
        one.below: f"below {air_below:g}",
        not one.judged: "not judged",
    }
    return (
        one.group,
        str(one.rows),
        "" if one.bads is None else str(one.bads),
        "" if one.accepted is None else str(one.accepted),
        _shown(one.acceptance_rate),
        _shown(one.adverse_impact_ratio),
        _shown(one.standardised_mean_difference),
        _shown(one.calibration_difference, digits=3),
        _shown(one.roc_auc),
        marks.get(True, ""),
    )


def _shown(one: Interval | None, *, digits: int = 2) -> str:
    if one is None:
        return ""
    return f"{one.estimate:.{digits}f} [{one.lower:.{digits}f}, {one.upper:.{digits}f}]"


def _marked(found: Screen) -> Sequence[str]:
    compared = [one for one in found.columns if _compared(one)]
    marked = [
        f"{column.column} {group.group} ({_shown(group.adverse_impact_ratio)})"
        for column in compared
        for group in column.groups
        if group.below
    ]
    those = ", ".join(marked) if marked else "no group that was judged"
    return [f"accepted at less than {found.air_below:g} of the reference group's rate: {those}"] if compared else []


def _alternatives(found: Alternatives) -> Sequence[str]:
    columns = list(dict.fromkeys(name for one in found.candidates for name in one.worst_ratio))
    rows = [
        (
            "*" if one.chosen else "",
            one.candidate,
            f"{one.mean_auc:.4f}",
            *(f"{one.worst_ratio[name]:.3f}" if name in one.worst_ratio else "" for name in columns),
        )
        for one in found.candidates
    ]
    head = ("", "as good as the best", "mean AUC", *(f"lowest ratio by {name}" for name in columns))
    return [
        *_table(head, rows),
        f"each accepts {found.acceptance_rate:.0%} of the rows that it had not seen; (*) is the chosen one",
        *_unranked(found, len(columns)),
        _least(found),
    ]


def _unranked(found: Alternatives, columns: int) -> Sequence[str]:
    names = [one.candidate for one in found.candidates if len(one.worst_ratio) < columns]
    why = "not ranked, since a reference group of which nobody is accepted gives no ratio"
    return [f"{why}: {', '.join(names)}"] if names else []


def _least(found: Alternatives) -> str:
    if len(found.candidates) == 1:
        return "no other candidate is as good, so that there is no alternative to it"
    if not found.least_discriminatory:
        return "none of them has a ratio in every column, so that none is called the least discriminatory"
    return f"least discriminatory of them is {found.least_discriminatory}; the choice is not changed by it"
