"""The `[fairness]` of a portfolio's TOML file: how its protected columns are screened."""

from collections.abc import Sequence
from itertools import pairwise

from credit.fairness import Fairness, Grouping, band_names
from credit.portfolio_fields import record
from credit.portfolios import PortfolioError
from credit.spelling import one_spelling


def fairness_of(row: object, protected: Sequence[str], place: str) -> Fairness:
    """The screen that a `[fairness]` states.

    Raises:
        PortfolioError: where a field is unknown, of a wrong type or out of range, or groups are those of a column that
            is not protected.
    """
    if isinstance(row, dict) and "groups" in row:
        row = {**row, "groups": _groupings(row["groups"], protected, f"{place[:-1]}.groups")}
    fairness = record(Fairness, row, place)
    for name in ("proxy_above", "air_below"):
        if not 0 < getattr(fairness, name) <= 1:
            raise PortfolioError(f"{place} {name}: must be above 0 and at most 1, not {getattr(fairness, name)}")
    if fairness.min_rows < 2:
        raise PortfolioError(f"{place} min_rows: must be 2 or more, not {fairness.min_rows}")
    return fairness


def _groupings(table: object, protected: Sequence[str], place: str) -> tuple[Grouping, ...]:
    if not isinstance(table, dict):
        raise PortfolioError(f"{place}]: must hold a table for each protected column")
    if unknown := [name for name in table if name not in protected]:
        raise PortfolioError(f"{place}.{unknown[0]}]: no such protected column; there are {', '.join(protected)}")
    return tuple(_grouping(name, row, f"{place}.{name}]") for name, row in table.items())


def _grouping(column: str, row: object, place: str) -> Grouping:
    if isinstance(row, dict):
        read = {"bands": _bands, "names": _names}
        row = {key: read[key](value, f"{place} {key}") if key in read else value for key, value in row.items()}
        row = {**row, "column": column}
    found = record(Grouping, row, place)
    if found.bands and found.names:
        raise PortfolioError(f"{place}: needs either bands, of numbers, or names, of values")
    if found.bands and found.reference not in {None, *band_names(found.bands)}:
        known = ", ".join(band_names(found.bands))
        raise PortfolioError(f"{place} reference: must be one of {known}, not {found.reference!r}")
    return found


def _bands(value: object, place: str) -> tuple[float, ...]:
    bands = value if isinstance(value, list) else []
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in bands)
    if not bands or not numbers or not all(low < high for low, high in pairwise(bands)):
        raise PortfolioError(f"{place}: must be a list of rising numbers, not {value!r}")
    return tuple(float(one) for one in bands)


def _names(value: object, place: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict) or not value or not all(isinstance(name, str) and name for name in value.values()):
        raise PortfolioError(f'{place}: must give each value a name, such as {{ 1 = "male" }}, not {value!r}')
    names = {one_spelling(key) or key: name for key, name in value.items()}
    if len(names) < len(value):
        raise PortfolioError(f"{place}: gives a value two names, of {', '.join(value)}")
    return tuple(names.items())
