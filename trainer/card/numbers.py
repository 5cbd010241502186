"""How a card writes numbers; a value that is not known is a dash."""

from collections.abc import Mapping
from typing import Any

UNKNOWN = "–"


def figure(value: Any, digits: int = 4) -> str:
    """A measure, with its 95 % interval where it has one."""
    return _spread(value, lambda one: f"{one:.{digits}f}")


def percent(value: Any) -> str:
    """A share, with its 95 % interval where it has one."""
    return _spread(value, lambda one: f"{one:.1%}")


def signed_percent(value: Any) -> str:
    """A difference of shares, with its 95 % interval where it has one."""
    return _spread(value, lambda one: f"{one:+.1%}")


def signed(value: Any, digits: int = 4) -> str:
    """A difference, with its 95 % interval where it has one."""
    return _spread(value, lambda one: f"{one:+.{digits}f}")


def count(value: Any) -> str:
    """A number of rows, or an amount."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def plain(value: Any) -> str:
    """A setting: short where it is a number."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def _spread(value: Any, write: Any) -> str:
    if value is None:
        return UNKNOWN
    if not isinstance(value, Mapping):
        return str(write(value))
    if value["estimate"] is None:
        return UNKNOWN
    if value["lower"] is None or value["upper"] is None:
        return str(write(value["estimate"]))
    # A line may end before the interval, and not within it.
    return f"{write(value['estimate'])} [{write(value['lower'])},\N{NO-BREAK SPACE}{write(value['upper'])}]"
