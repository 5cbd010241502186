"""Reading a portfolio from its TOML file, with errors that name the file and the field."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import cast, get_args

from credit.features.catalogue import CASH_FLOW
from credit.portfolio_costs import costs_of
from credit.portfolio_fairness import fairness_of
from credit.portfolio_fields import member, record, settings_of, texts
from credit.portfolio_table import check_features, check_split, table_rule
from credit.portfolios import (
    Currency,
    Direction,
    Feature,
    FeatureKind,
    Gate,
    LabelRule,
    Portfolio,
    PortfolioError,
    PortfolioName,
    Quality,
    ReasonSentences,
    Split,
    SplitKind,
    TableRule,
)
from credit.reasons import load_sentences

Table = Mapping[str, object]

CATALOGUES: Mapping[str, tuple[Feature, ...]] = {
    "cash_flow": tuple(definition.feature for definition in CASH_FLOW),
}
"""Feature sets that a portfolio can name instead of listing its features."""

_TOP_LEVEL = {
    "name": str,
    "subject": str,
    "currency": str,
    "algorithm": str,
    "cut_off": float,
    "ingestion_lag_hours": int,
    "protected": list,
    "features": object,
    "split": dict,
    "gate": dict,
}
_OPTIONAL = dict.fromkeys(("label", "table", "quality", "costs", "fairness", "reasons", "settings"), dict)


def builtin_names() -> tuple[str, ...]:
    """Names of the portfolios that come with the product."""
    names = (entry.name for entry in (resources.files("credit") / "builtin").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def known_names(folder: Path | None = None) -> tuple[str, ...]:
    """Names of all portfolios: the built-in ones, and `<name>.toml` in the operator's folder."""
    if folder is None or not folder.is_dir():
        return builtin_names()
    own = {path.stem for path in folder.glob("*.toml") if is_name(path.stem)}
    return tuple(sorted({*builtin_names(), *own}))


def load_portfolio(reference: str, *, folder: Path | None = None) -> Portfolio:
    """The portfolio that `reference` names: a built-in name, `<name>.toml` in `folder`, or the path of a TOML file.

    Raises:
        PortfolioError: where there is none, or a field is missing, unknown or out of range; the message names
            the file and the field.
    """
    if reference in builtin_names():
        text = (resources.files("credit") / "builtin" / f"{reference}.toml").read_text("utf-8")
        return parse_portfolio(text, source=f"{reference}.toml (built in)")
    if reference in known_names(folder):
        return _own_portfolio(reference, cast("Path", folder) / f"{reference}.toml")
    path = Path(reference)
    if not path.is_file():
        names = ", ".join(known_names(folder))
        raise PortfolioError(f"no portfolio {reference!r}: give one of {names}, or the path of a TOML file")
    return parse_portfolio(path.read_text("utf-8"), source=path.name)


def _own_portfolio(name: str, path: Path) -> Portfolio:
    portfolio = parse_portfolio(path.read_text("utf-8"), source=path.name)
    if portfolio.name != name:
        # Otherwise its rows would stand under a name by which nobody can ask for them.
        raise PortfolioError(f"{path.name}: name must be that of its file, {name!r}, not {portfolio.name!r}")
    return portfolio


def parse_portfolio(text: str, *, source: str) -> Portfolio:
    """The portfolio that a TOML text describes; `source` names it in errors.

    Raises:
        PortfolioError: where the text is not TOML or does not describe a portfolio.
    """
    try:
        table: Table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PortfolioError(f"{source}: not valid TOML: {error}") from error
    _check_top_level(table, source)
    portfolio = _portfolio(table, source)
    if portfolio.table is not None:
        check_features(portfolio.features, portfolio.table, portfolio.protected, source)
        check_split(portfolio.split, portfolio.table, f"{source} [split]")
    _check_sentences(portfolio, source)
    return portfolio


def _portfolio(table: Table, source: str) -> Portfolio:
    features = _features(table["features"], source)
    protected = texts(table["protected"], f"{source} protected")
    return Portfolio(
        name=PortfolioName(_name(table, source)),
        subject=cast("str", table["subject"]),
        currency=Currency(_currency(table, source)),
        features=features,
        protected=protected,
        label=_label(table, source),
        split=_split(table["split"], f"{source} [split]"),
        algorithm=cast("str", table["algorithm"]),
        gate=record(Gate, table["gate"], f"{source} [gate]"),
        cut_off=_probability(table, "cut_off", source),
        ingestion_lag_hours=cast("int", table["ingestion_lag_hours"]),
        quality=record(Quality, table["quality"], f"{source} [quality]") if "quality" in table else None,
        sentences=_sentences(cast("Table", table.get("reasons", {})), source),
        costs=costs_of(table["costs"], features, f"{source} [costs]") if "costs" in table else None,
        fairness=fairness_of(table.get("fairness", {}), protected, f"{source} [fairness]"),
        settings=settings_of(cast("Table", table.get("settings", {})), f"{source} [settings]"),
    )


def _check_top_level(table: Table, source: str) -> None:
    if missing := sorted(_TOP_LEVEL.keys() - table.keys()):
        raise PortfolioError(f"{source}: missing {', '.join(missing)}")
    known = _TOP_LEVEL | _OPTIONAL
    if unknown := sorted(table.keys() - known.keys()):
        raise PortfolioError(f"{source}: unknown {', '.join(unknown)}; known are {', '.join(known)}")
    if ("label" in table) == ("table" in table):
        raise PortfolioError(f"{source}: needs either [label], the rule of advances, or [table], of a table of its own")
    for key, expected in known.items():
        if key in table and not isinstance(table[key], expected):
            raise PortfolioError(f"{source}: {key} must be a {expected.__name__}, not {table[key]!r}")


def _label(table: Table, source: str) -> LabelRule | TableRule:
    if "table" in table:
        return table_rule(table["table"], f"{source} [table]")
    return record(LabelRule, table["label"], f"{source} [label]")


def _sentences(table: Table, source: str) -> tuple[ReasonSentences, ...]:
    found = []
    for group, row in table.items():
        place = f"{source} [reasons.{group}]"
        if group in load_sentences().texts:
            raise PortfolioError(f"{place}: the catalogue has sentences of this group already; choose another name")
        found.append(record(ReasonSentences, {"group": group, **row} if isinstance(row, dict) else row, place))
    return tuple(found)


def _check_sentences(portfolio: Portfolio, source: str) -> None:
    known = load_sentences().texts.keys() | portfolio.own_sentences.keys()
    for index, feature in enumerate(portfolio.features):
        if feature.reason_group not in known:
            raise PortfolioError(
                f"{source} features[{index}] reason_group: no sentences of {feature.reason_group!r}: "
                f"add [reasons.{feature.reason_group}] with adverse and missing, or name a group of the catalogue"
            )


def _name(table: Table, source: str) -> str:
    name = cast("str", table["name"])
    if not is_name(name):
        raise PortfolioError(f"{source}: name must be lower-case letters, digits and _, not {name!r}")
    return name


def is_name(text: str) -> bool:
    """Whether a text has the form of a portfolio's name: lower-case letters, digits and _."""
    return text.isidentifier() and text.islower() and text.isascii()


def _currency(table: Table, source: str) -> str:
    currency = cast("str", table["currency"])
    if not (len(currency) == 3 and currency.isalpha() and currency.isupper()):
        raise PortfolioError(f"{source}: currency must be an ISO 4217 code such as USD, not {currency!r}")
    return currency


def _probability(table: Table, key: str, source: str) -> float:
    value = cast("float", table[key])
    if not 0 < value < 1:
        raise PortfolioError(f"{source}: {key} must lie between 0 and 1, not {value}")
    return value


def _features(value: object, source: str) -> tuple[Feature, ...]:
    if isinstance(value, str):
        if value not in CATALOGUES:
            raise PortfolioError(f"{source}: no feature set {value!r}; there are {', '.join(CATALOGUES)}")
        return CATALOGUES[value]
    if not isinstance(value, list) or not value:
        raise PortfolioError(f"{source}: features must be the name of a feature set or a list of tables")
    features = tuple(_feature(row, f"{source} features[{index}]") for index, row in enumerate(value))
    names = [feature.name for feature in features]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise PortfolioError(f"{source}: features named twice: {', '.join(repeated)}")
    return features


def _feature(row: object, place: str) -> Feature:
    if not isinstance(row, dict):
        raise PortfolioError(f"{place}: must be a table")
    kind = member(FeatureKind, row.get("kind", FeatureKind.NUMERIC), f"{place} kind")
    if (direction := row.get("direction", 0)) not in get_args(Direction):
        named = f"{place} ({row['name']})" if "name" in row else place
        raise PortfolioError(f"{named}: direction must be -1, 0 or 1 towards repayment, not {direction!r}")
    return record(Feature, {**row, "kind": kind, "direction": row.get("direction", 0)}, place)


def _split(row: object, place: str) -> Split:
    table = cast("dict[str, object]", row)
    return record(Split, {**table, "kind": member(SplitKind, table.get("kind"), f"{place} kind")}, place)
