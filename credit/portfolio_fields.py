"""Fields of a portfolio's TOML file read into records, with errors that name the file and the field."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

from credit.portfolios import PortfolioError, Setting

Record = TypeVar("Record")
Word = TypeVar("Word", bound=StrEnum)

_PLAIN: Mapping[Any, tuple[tuple[type, ...], str]] = {
    int: ((int,), "int"),
    float: ((int, float), "float"),
    bool: ((bool,), "bool"),
    str: ((str,), "str"),
    str | None: ((str,), "str"),
}


def record(kind: type[Record], row: object, place: str) -> Record:
    """A dataclass from a table of TOML; lists of text become tuples.

    Raises:
        PortfolioError: where it is no table, or a field is missing, unknown, of a wrong type or negative.
    """
    if not isinstance(row, dict):
        raise PortfolioError(f"{place}: must be a table")
    assert is_dataclass(kind)  # noqa: S101 - our own call
    known = {field.name: field for field in fields(kind)}
    if unknown := sorted(row.keys() - known.keys()):
        raise PortfolioError(f"{place}: unknown {', '.join(unknown)}; known are {', '.join(known)}")
    required = {name for name, field in known.items() if field.default is MISSING}
    if missing := sorted(required - row.keys()):
        raise PortfolioError(f"{place}: missing {', '.join(missing)}")
    values = {name: _value(known[name].type, value, f"{place} {name}") for name, value in row.items()}
    return cast("Record", kind(**values))


def member(words: type[Word], value: object, place: str) -> Word:
    """A word of a closed vocabulary.

    Raises:
        PortfolioError: where it is another one, with all that there are.
    """
    try:
        return words(str(value))
    except ValueError as error:
        raise PortfolioError(f"{place}: must be one of {', '.join(words)}, not {value!r}") from error


def texts(value: object, place: str) -> tuple[str, ...]:
    """A list of different texts.

    Raises:
        PortfolioError: where it is none.
    """
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item for item in value):
        raise PortfolioError(f"{place}: must be a list of texts, not {value!r}")
    if repeated := sorted({item for item in value if value.count(item) > 1}):
        raise PortfolioError(f"{place}: named twice: {', '.join(repeated)}")
    return tuple(value)


def settings_of(row: Mapping[str, object], place: str) -> tuple[Setting, ...]:
    """The settings of an algorithm; which ones there are, the algorithm knows.

    Raises:
        PortfolioError: where a value is none of number, text and true or false, or is negative.
    """
    for name, value in row.items():
        if not isinstance(value, bool | int | float | str):
            raise PortfolioError(f"{place} {name}: must be a number, a text, or true or false, not {value!r}")
        if isinstance(value, int | float) and not 0 <= value < float("inf"):
            raise PortfolioError(f"{place} {name}: must be a number of 0 or more, not {value}")
    return tuple(Setting(name, cast("bool | float | str", value)) for name, value in row.items())


def _value(declared: Any, value: object, place: str) -> object:
    if declared == tuple[str, ...]:
        return texts(value, place)
    if declared not in _PLAIN:
        return value
    expected, name = _PLAIN[declared]
    if not isinstance(value, expected) or (declared is not bool and isinstance(value, bool)):
        raise PortfolioError(f"{place}: must be {name}, not {value!r}")
    if isinstance(value, int | float) and value < 0 and "margin" not in place:
        raise PortfolioError(f"{place}: must not be negative, not {value}")
    return value
