"""The `[table]` of a portfolio's TOML file: where things are in a lender's own table, and when a row is bad."""

import re
from collections.abc import Iterable, Sequence

from credit.portfolio_fields import record
from credit.portfolios import (
    Comparison,
    Feature,
    FeatureKind,
    PortfolioError,
    Split,
    SplitKind,
    TableLabel,
    TableRule,
)
from credit.spelling import NUMBER

_COMPARED = re.compile(
    r"""\s*(?P<column>[^\s=!<>"'][^=!<>"']*?)\s*"""
    r"""(?P<comparison>==|!=|<=|>=|<|>)\s*"""
    r"""(?:(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|"(?P<double>[^"]*)"|'(?P<single>[^']*)')\s*"""
)
_FORM = "a column of 0 and 1, or a comparison such as DaysLate > 0 or Status == 'late'"
_TIMES = ("subject_id", "observed_at", "known_at")


def table_rule(row: object, place: str) -> TableRule:
    """The rule that a `[table]` states.

    Raises:
        PortfolioError: where a field is missing, unknown or of a wrong type, or the label is no comparison.
    """
    if isinstance(row, dict) and isinstance(row.get("label"), str):
        row = {**row, "label": table_label(row["label"], f"{place} label")}
    rule = record(TableRule, row, place)
    if not isinstance(rule.label, TableLabel):
        raise PortfolioError(f"{place} label: must be {_FORM}, not {rule.label!r}")
    declared = [name for column in _TIMES if (name := getattr(rule, column)) is not None]
    if unknown := [name for name in rule.optional if name not in declared]:
        raise PortfolioError(
            f"{place} optional: {', '.join(unknown)} is none of the columns of {', '.join(_TIMES)} that are declared"
        )
    _check_missing(rule, f"{place} missing")
    if rule.label.column in {rule.subject_id, rule.observed_at}:
        raise PortfolioError(f"{place} label: column {rule.label.column} cannot be that of subject or observation too")
    return rule


def _check_missing(rule: TableRule, place: str) -> None:
    for text in rule.missing:
        number = re.fullmatch(NUMBER, text) and text.lower() != "nan"
        if number or text.lower() in {"true", "false"} or text != text.strip():
            # A number in a column of numbers is no text: some files would lose it and others not.
            because = "has blanks around it" if text != text.strip() else "is a value of its own"
            raise PortfolioError(f"{place}: {text!r} {because}: list texts such as NA, as they stand in the file")
        if text == rule.label.value:
            raise PortfolioError(f"{place}: {text!r} is what [table] label compares with: take it from one of them")


def table_label(text: str, place: str) -> TableLabel:
    """A label's text as a rule.

    Raises:
        PortfolioError: where it is neither a column nor a comparison, or a text is compared by order.
    """
    if text.strip() and not any(sign in text for sign in "=!<>"):
        return TableLabel(text.strip())
    found = _COMPARED.fullmatch(text)
    if found is None:
        raise PortfolioError(f"{place}: must be {_FORM}, not {text!r}")
    comparison = Comparison(found["comparison"])
    if found["number"] is not None:
        return TableLabel(found["column"], comparison, float(found["number"]))
    if comparison not in {Comparison.EQUAL, Comparison.UNEQUAL}:
        raise PortfolioError(f"{place}: a text is compared by == or != alone, not by {comparison}")
    return TableLabel(found["column"], comparison, found["double"] if found["single"] is None else found["single"])


def label_text(label: TableLabel) -> str | None:
    """A rule as a label's text; None where no text reads as it, as of a value with both signs of quotation."""
    try:
        return str(label) if table_label(str(label), "label") == label else None
    except PortfolioError:
        return None


def check_split(split: Split, rule: TableRule, place: str) -> None:
    """Do nothing where rows of a table can be divided so.

    Raises:
        PortfolioError: where they are divided by time and may have none.
    """
    if split.kind is SplitKind.TEMPORAL and (rule.observed_at is None or rule.observed_at in rule.optional):
        raise PortfolioError(f"{place} kind: temporal needs [table] observed_at, in every file; or take stratified")


def check_features(features: Sequence[Feature], rule: TableRule, protected: Iterable[str], source: str) -> None:
    """Do nothing where features can be read from a table by that rule.

    Raises:
        PortfolioError: where one reads the outcome, what was known only after it, or a protected column; or is
            categorical without categories.
    """
    late = {rule.label.column: "[table] label", **dict.fromkeys(rule.excluded, "[table] excluded")}
    if rule.known_at is not None:
        late[rule.known_at] = "[table] known_at"
    for index, feature in enumerate(features):
        place = f"{source} features[{index}]"
        if feature.source in late:
            because = f"is known only after the outcome ({late[feature.source]})"
            raise PortfolioError(f"{place}: column {feature.source} {because}")
        if {feature.name, feature.source} & set(protected):
            what = f"column {feature.source}" if feature.source in protected else "a column of that name"
            raise PortfolioError(f"{place} ({feature.name}): {what} is protected and cannot be a feature")
        if both := [text for text in feature.categories if text in rule.missing]:
            raise PortfolioError(
                f"{place} ({feature.name}) categories: {both[0]!r} is among [table] missing too, so that no row "
                "has it: take it from one of them"
            )
        if (feature.kind is FeatureKind.CATEGORICAL) != bool(feature.categories):
            raise PortfolioError(
                f"{place} categories: must list the texts of a categorical feature, and of no other; "
                f"{feature.name} is {feature.kind}"
            )
