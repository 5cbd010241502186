"""How a portfolio's protected columns are screened: a screen says where to look, and is no legal finding."""

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Grouping:
    """How one protected column's values make groups; without bands and names each value is a group of its own name."""

    column: str
    bands: tuple[float, ...] = ()
    """Rising numbers; each group goes from one of them to below the next."""
    names: tuple[tuple[str, str], ...] = ()
    """Values and what people call them; values of one name are one group."""
    reference: str | None = None
    """The group that the others are compared with; None: that of the highest acceptance rate."""


@dataclass(frozen=True, slots=True)
class Fairness:
    """The screen's own settings."""

    groups: tuple[Grouping, ...] = ()
    """Of the protected columns that do not take the default."""
    proxy_above: float = 0.3
    """Association of a feature with a protected column, from 0 to 1, above which it is told as a possible proxy; by
    default what Cohen (1988, table 7.2.3) calls a medium effect."""
    min_rows: int = 100
    """Judged rows below which a group is counted and not judged."""
    air_below: float = 0.8
    """Adverse impact ratio below which a group is marked: the four-fifths rule (29 CFR 1607.4 D), a rule of thumb from
    employment."""

    def grouping(self, column: str) -> Grouping:
        """How that column's values make groups."""
        return next((one for one in self.groups if one.column == column), Grouping(column))


def band_names(bands: tuple[float, ...]) -> tuple[str, ...]:
    """Names of the k + 1 groups that k rising numbers make."""
    texts = [str(int(band)) if band.is_integer() else repr(band) for band in bands]
    between = (f"{low} to under {high}" for low, high in pairwise(texts))
    return (f"under {texts[0]}", *between, f"{texts[-1]} and over")
