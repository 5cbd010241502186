"""Reading a portfolio from its TOML file, with errors that name the file and the field."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from importlib import resources
from pathlib import Path
from typing import TypeVar, cast, get_args

from credit.features.catalogue import CASH_FLOW
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
    Split,
    SplitKind,
)

Record = TypeVar("Record", LabelRule, Split, Gate, Feature)
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
    "label": dict,
    "split": dict,
    "gate": dict,
}


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
    return Portfolio(
        name=PortfolioName(_name(table, source)),
        subject=cast("str", table["subject"]),
        currency=Currency(_currency(table, source)),
        features=_features(table["features"], source),
        protected=tuple(cast("Sequence[str]", table["protected"])),
        label=_record(LabelRule, table["label"], f"{source} [label]"),
        split=_split(table["split"], f"{source} [split]"),
        algorithm=cast("str", table["algorithm"]),
        gate=_record(Gate, table["gate"], f"{source} [gate]"),
        cut_off=_probability(table, "cut_off", source),
        ingestion_lag_hours=cast("int", table["ingestion_lag_hours"]),
    )


def _check_top_level(table: Table, source: str) -> None:
    if missing := sorted(_TOP_LEVEL.keys() - table.keys()):
        raise PortfolioError(f"{source}: missing {', '.join(missing)}")
    if unknown := sorted(table.keys() - _TOP_LEVEL.keys()):
        raise PortfolioError(f"{source}: unknown {', '.join(unknown)}; known are {', '.join(_TOP_LEVEL)}")
    for key, expected in _TOP_LEVEL.items():
        if not isinstance(table[key], expected):
            raise PortfolioError(f"{source}: {key} must be a {expected.__name__}, not {table[key]!r}")


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
    kind = _member(FeatureKind, row.get("kind", FeatureKind.NUMERIC), f"{place} kind")
    if row.get("direction", 0) not in get_args(Direction):
        raise PortfolioError(f"{place}: direction must be -1, 0 or 1 towards repayment")
    return _record(Feature, {**row, "kind": kind, "direction": row.get("direction", 0)}, place)


def _split(row: object, place: str) -> Split:
    table = cast("dict[str, object]", row)
    return _record(Split, {**table, "kind": _member(SplitKind, table.get("kind"), f"{place} kind")}, place)


def _member(kinds: type[FeatureKind] | type[SplitKind], value: object, place: str) -> FeatureKind | SplitKind:
    try:
        return kinds(str(value))
    except ValueError as error:
        raise PortfolioError(f"{place}: must be one of {', '.join(kinds)}, not {value!r}") from error


def _record(kind: type[Record], row: object, place: str) -> Record:
    table = cast("dict[str, object]", row)
    known = {field.name: field for field in fields(kind)}
    if unknown := sorted(table.keys() - known.keys()):
        raise PortfolioError(f"{place}: unknown {', '.join(unknown)}; known are {', '.join(known)}")
    required = {name for name, field in known.items() if field.default is MISSING}
    if missing := sorted(required - table.keys()):
        raise PortfolioError(f"{place}: missing {', '.join(missing)}")
    for name, value in table.items():
        _check_type(known[name].type, value, f"{place} {name}")
    return kind(**table)  # type: ignore[arg-type]  # checked above against the fields


def _check_type(declared: object, value: object, place: str) -> None:
    numbers = {int: int, float: (int, float), bool: bool, str: str}
    expected = numbers.get(declared)  # type: ignore[call-overload]
    if expected is None:
        return
    if not isinstance(value, expected) or (declared is not bool and isinstance(value, bool)):
        raise PortfolioError(f"{place}: must be {declared.__name__}, not {value!r}")  # type: ignore[attr-defined]
    if declared in {int, float} and value < 0 and "margin" not in place:
        raise PortfolioError(f"{place}: must not be negative, not {value}")
