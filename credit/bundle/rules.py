"""Features and the label's rule as a manifest keeps them; what a portfolio does not state is not written."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import cast

from credit.bundle.canonical import Json
from credit.portfolio_table import table_label
from credit.portfolios import Direction, Feature, FeatureKind, LabelRule, TableRule


def features_to_json(features: Sequence[Feature]) -> list[Json]:
    """One object a feature, in order."""
    return [_feature_to_json(feature) for feature in features]


def features_from_json(rows: Json) -> tuple[Feature, ...]:
    """The features that `features_to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: where they are none.
    """
    return tuple(_feature(row) for row in cast("list[dict[str, Json]]", rows))


def rule_to_json(rule: LabelRule | TableRule) -> Json:
    """The rule as an object; that of a table holds its label as the portfolio's file writes it."""
    if isinstance(rule, LabelRule):
        return cast("Json", asdict(rule))
    fields = {**asdict(rule), "label": str(rule.label)}
    if not rule.missing:
        del fields["missing"]
    return cast("Json", fields)


def rule_from_json(fields: Json) -> LabelRule | TableRule:
    """The rule that `rule_to_json` wrote.

    Raises:
        TypeError, ValueError, PortfolioError: where it is none.
    """
    named = cast("dict[str, Json]", fields)
    if "label" not in named:
        return LabelRule(**named)  # type: ignore[arg-type]  # the file's hash was checked
    lists = {name: tuple(cast("list[str]", named.get(name, []))) for name in ("excluded", "optional", "missing")}
    label = table_label(cast("str", named["label"]), "label_rule")
    return TableRule(**{**named, **lists, "label": label})  # type: ignore[arg-type]  # the same


def _feature_to_json(feature: Feature) -> Json:
    row = asdict(feature)
    if feature.column is None:
        del row["column"]
    if not feature.categories:
        del row["categories"]
    return cast("Json", row)


def _feature(row: dict[str, Json]) -> Feature:
    return Feature(
        name=cast("str", row["name"]),
        kind=FeatureKind(cast("str", row["kind"])),
        unit=cast("str", row["unit"]),
        direction=cast("Direction", row["direction"]),
        reason_group=cast("str", row["reason_group"]),
        may_be_missing=cast("bool", row["may_be_missing"]),
        column=cast("str | None", row.get("column")),
        categories=tuple(cast("list[str]", row.get("categories", []))),
    )
