"""`blink portfolio`: descriptions of portfolios."""

import json
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from blink.named_portfolio import named_portfolio
from blink.new_file import check_free, write_new
from blink.outcome import Outcome
from blink.progress import progress
from blink.settings import read_settings
from credit.association import Association, closest, proxy_line
from credit.intake.source import open_table_file
from credit.intake.table_check import TableCheck, check_table_file
from credit.portfolios import Feature, LabelRule, Portfolio, PortfolioError
from credit.printable import printable
from credit.profiling.name_words import is_place, is_sensitive
from credit.profiling.proposal import Proposal, Proposed, Role
from credit.profiling.roles import propose
from credit.profiling.table_profile import profile_table
from credit.profiling.template import PLACE, portfolio_name, template, to_fill_in
from trainer.errors import UnknownSettingError
from trainer.fixed_settings import check_fixed

_ARROWS = {-1: "−", 0: "·", 1: "+"}
_SAMPLE_SEED = 1
_MANY_UNLISTED = 0.5
"""Share of a feature's texts above which those that are not listed are told by themselves."""
_MOST_CATEGORIES = 12
"""Categories of a feature that are shown."""


def init(arguments: Namespace) -> Outcome:
    """Propose a description of a lender's own table, in a new file."""
    name = portfolio_name(arguments.table.name)
    path = arguments.file or Path(f"{name}.toml")
    check_free(path)
    source = open_table_file(arguments.table)
    with progress() as report:
        profile = profile_table(source, np.random.default_rng(_SAMPLE_SEED), report)
    proposal = propose(profile, arguments.label)
    profile = proposal.profile
    text = template(proposal, name=name)
    write_new(path, text)
    left = to_fill_in(text)
    facts = {
        "file": str(path),
        "name": name,
        "rows": profile.rows,
        "label": proposal.label.text,
        **{role.replace(" ", "_"): [one.column.name for one in proposal.having(role)] for role in _TOLD},
        "missing": list(profile.missing),
        "to_fill_in": list(left),
    }
    return Outcome("\n".join(_proposed(proposal, arguments.table, path, left)), facts)


_TOLD = (Role.FEATURE, Role.CATEGORY, Role.PROTECTED, Role.EXCLUDED, Role.LEFT_OUT)


def _proposed(proposal: Proposal, data: Path, path: Path, left: Sequence[str]) -> Sequence[str]:
    profile, label = proposal.profile, proposal.label.text
    features = len(proposal.having(Role.FEATURE, Role.CATEGORY))
    return [
        f"{path} written",
        f"{profile.name}: {profile.rows:,} rows, {len(profile.columns)} columns, {features} proposed as features",
        f"bad: {label}" if label else _unclear(proposal.label.candidates),
        *(f"{role}: {_named(one)}" for role in _TOLD[2:] for one in proposal.having(role)),
        *([f"no value, in any column: {', '.join(map(repr, profile.missing))}"] if profile.missing else []),
        *_places([one.column.name for one in proposal.having(Role.FEATURE, Role.CATEGORY)]),
        "to fill in:",
        *(f"  {line}" for line in left),
        f"then: blink portfolio check {path} --data {data}",
    ]


def _unclear(candidates: Sequence[str]) -> str:
    such = f", such as --label {json.dumps(candidates[0], ensure_ascii=False)}" if candidates else ""
    return f"bad: not clear from the table; say when a row is bad, best by --label{such}"


def _named(one: Proposed) -> str:
    return f"{_escaped(one.column.name)}, {one.because}" + ("" if one.auc is None else f"; ROC AUC alone {one.auc:.2f}")


def check(arguments: Namespace) -> Outcome:
    """Check a portfolio's description and say what it means; and a table of its rows, where one is given."""
    portfolio = named_portfolio(arguments.portfolio, read_settings(home=arguments.home))
    try:
        check_fixed(portfolio)
    except UnknownSettingError as error:
        raise PortfolioError(str(error)) from error
    lines = [
        f"{portfolio.name}: scores a {portfolio.subject} in {portfolio.currency} with {portfolio.algorithm}",
        *_label(portfolio),
        f"split: {portfolio.split.kind}; declines from a probability of default of {portfolio.decline_from:g}",
        *_costs(portfolio),
        *_quality(portfolio),
        *_settings(portfolio),
        f"{len(portfolio.features)} features (+ more is better for repayment, − worse, · free):",
        *(
            f"  {_ARROWS[each.direction]} {each.name}  [{each.unit}]  {each.reason_group}{_column(each)}"
            for each in portfolio.features
        ),
        *_sensitive(portfolio),
    ]
    facts: dict[str, object] = {"name": portfolio.name, "features": list(portfolio.feature_names)}
    if arguments.data is None:
        return Outcome("\n".join(lines), facts)
    found = _checked(arguments.data, portfolio)
    unlisted = {one.feature: one.rows for one in found.unlisted}
    told = {"rows": found.rows, "labelled": found.labelled, "bads": found.bads, "unlisted": unlisted}
    above = portfolio.fairness.proxy_above
    proxies = [one for one in found.associations if one.association > above]
    told |= {"proxies": [asdict(one) for one in proxies], "absent": list(found.absent)}
    told |= {"left_out": list(found.left_out)}
    shown = [*lines, *table_lines(found), *_left_out(found, portfolio), *_proxies(found, proxies, above)]
    return Outcome("\n".join(shown), {**facts, **told, "missing": dict(found.missing)})


def _checked(path: Path, portfolio: Portfolio) -> TableCheck:
    with progress() as report:
        return check_table_file(
            path,
            portfolio,
            now=datetime.now(UTC),
            progress=lambda what, rows, share: report(what, rows, round(rows / share) if share else None),
        )


def table_lines(found: TableCheck) -> Sequence[str]:
    """What a sound file holds, in words."""
    bad = f"{found.bads:,} of {found.labelled:,} labelled rows are bad ({found.bads / found.labelled:.1%})"
    return [
        f"{found.file}: {found.rows:,} rows are sound; {bad}",
        *(
            [f"{found.labels_missing:,} rows have no label, as it holds a text of [table] missing"]
            if found.labels_missing
            else []
        ),
        *(
            f"  {name}: {count / found.rows:.1%} missing{_unlisted(found, name)}"
            for name, count in found.missing.items()
            if count
        ),
        *(
            f"look at {one.feature}: {one.rows / one.given:.1%} of its texts are not listed, so that a model does not "
            "see them; list them, or leave the feature out"
            for one in found.unlisted
            if one.rows > _MANY_UNLISTED * one.given
        ),
        *([f"columns not read: {', '.join(found.ignored)}"] if found.ignored else []),
    ]


def _proxies(found: TableCheck, proxies: Sequence[Association], above: float) -> Sequence[str]:
    return [
        *([f"protected columns that the file does not have: {', '.join(found.absent)}"] if found.absent else []),
        *found.notes,
        *([proxy_line(proxies, closest(found.associations), above)] if found.associations else []),
    ]


def _unlisted(found: TableCheck, name: str) -> str:
    return "".join(f"; {one}" for one in found.unlisted if one.feature == name)


def _left_out(found: TableCheck, portfolio: Portfolio) -> Sequence[str]:
    """What takes the place of optional columns that the file does not have."""
    rule = portfolio.table
    if rule is None or not found.left_out:
        return []
    known = "with their rows" if rule.observed_at in found.left_out else _known_after(rule.known_after_days)
    instead = {
        rule.subject_id: "a subject is the number of its row",
        rule.observed_at: "rows are as of their load or training",
        rule.known_at: f"labels are known {known}",
    }
    means = "; ".join(instead[name] for name in found.left_out)
    return [f"columns that the file leaves out: {', '.join(found.left_out)}: {means}"]


def _known_after(days: int) -> str:
    return f"{days} days after the observation"


def _label(portfolio: Portfolio) -> Sequence[str]:
    rule = portfolio.label
    if isinstance(rule, LabelRule):
        late = f"{rule.material_amount:g} {portfolio.currency} or more unpaid {rule.days_late} days after the first"
        return [f"bad: {late} due date, or written off; known {rule.settlement_lag_days} days later"]
    known = rule.known_at or _known_after(rule.known_after_days)
    return [
        f"bad: {rule.label}; known from {known}",
        f"table: subject {rule.subject_id or 'by the row'}, observed at {rule.observed_at or 'the load'}",
    ]


def _costs(portfolio: Portfolio) -> Sequence[str]:
    costs = portfolio.costs
    if costs is None:
        return []
    margin = f"{costs.margin_rate:.0%} of the exposure" if costs.margin_rate is not None else f"{costs.margin}"
    return [f"costs: a margin of {margin} against {costs.loss_given_default:.0%} of the exposure, {costs.exposure}"]


def _sensitive(portfolio: Portfolio) -> Sequence[str]:
    """Of a lender's own table, features whose names ask to be looked at."""
    if portfolio.table is None:
        return []
    columns = [feature.source for feature in portfolio.features]
    judged = "by its name nobody may be judged by it; list it as protected instead"
    return [
        *(f"look at {name}: {judged}" for name in columns if is_sensitive(name)),
        *_places([name for name in columns if not is_sensitive(name)]),
    ]


def _places(columns: Sequence[str]) -> Sequence[str]:
    return [f"look at {_escaped(name)}: {PLACE}" for name in columns if is_place(name)]


def _quality(portfolio: Portfolio) -> Sequence[str]:
    gate = portfolio.quality
    if gate is None:
        return []
    return [f"quality: at least {gate.min_rows} labelled rows and a ROC AUC of {gate.min_auc:.2f}"]


def _settings(portfolio: Portfolio) -> Sequence[str]:
    fixed = ", ".join(f"{one.name} {one.value}" for one in portfolio.settings)
    return [f"settings of {portfolio.algorithm}: {fixed}"] if fixed else []


def _column(feature: Feature) -> str:
    column = "" if feature.column is None else f"  from {_escaped(feature.column)}"
    return column + (f"  one of {_categories(feature.categories)}" if feature.categories else "")


def _categories(texts: Sequence[str]) -> str:
    shown = ", ".join(map(_escaped, texts[:_MOST_CATEGORIES]))
    more = len(texts) - _MOST_CATEGORIES
    return f"{shown} and {more:,} more" if more > 0 else shown


def _escaped(text: str) -> str:
    """A text on one line, its line breaks escaped."""
    return printable(text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t"))
