"""Labels of all advances of a portfolio, computed where the facts are."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib import resources

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from credit.labels import Censored
from credit.money import DEFAULT_EXPONENT, OTHER_EXPONENTS
from credit.portfolios import LabelRule, Portfolio

NO_LABEL = -1
"""What stands in `y` for an advance whose outcome is not known."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of n advances as known at one time, in order of the request."""

    advance_id: NDArray[np.int64]
    subject_id: NDArray[np.str_]
    requested_at: NDArray[np.datetime64]
    """Microseconds, UTC."""
    y: NDArray[np.int8]
    """1 bad, 0 good, `NO_LABEL` not known."""
    known_at: NDArray[np.datetime64]
    """Time from which the label was known; NaT where there is none."""
    censored: tuple[Censored | None, ...]
    """Why there is no label; None where there is one."""

    def __len__(self) -> int:
        """Number of advances."""
        return len(self.y)


def read_labels(connection: Connection, portfolio: Portfolio, *, as_of: datetime) -> Labels:
    """The label of every advance that was known at `as_of`; the database's own clock plays no part.

    Raises:
        TypeError: where the portfolio's rows are no advances.
    """
    rule = portfolio.label
    if not isinstance(rule, LabelRule):
        raise TypeError(f"portfolio {portfolio.name} comes as a table: its labels follow from no advances")
    rows = connection.execute(
        text((resources.files("credit.database") / "labels.sql").read_text("utf-8")),
        {
            "portfolio": portfolio.name,
            "currency": portfolio.currency,
            "as_of": as_of,
            "days_late": rule.days_late,
            "settlement_lag_days": rule.settlement_lag_days,
            "material_amount": Decimal(str(rule.material_amount)),
            "bads_known_early": rule.bads_known_early,
            "exponent_currencies": list(OTHER_EXPONENTS),
            "exponents": list(OTHER_EXPONENTS.values()),
            "default_exponent": DEFAULT_EXPONENT,
        },
    ).all()
    columns = list(zip(*rows, strict=True)) or [()] * 6
    return Labels(
        advance_id=np.array(columns[0], dtype=np.int64),
        subject_id=np.array(columns[1], dtype=np.str_),
        requested_at=np.array(columns[2], dtype="datetime64[us]"),
        y=np.array([NO_LABEL if y is None else y for y in columns[3]], dtype=np.int8),
        known_at=np.array(["NaT" if at is None else at for at in columns[4]], dtype="datetime64[us]"),
        censored=tuple(None if reason is None else Censored(reason) for reason in columns[5]),
    )
