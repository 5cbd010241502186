"""Rows drawn from a table that is read a part at a time, to look for features that stand in for protected columns."""

import numpy as np
import pyarrow as pa

from credit.association import MOST_ROWS, Association, associations
from credit.groups import ProtectedCoder
from credit.intake.table_rows import TableRows
from credit.portfolios import Portfolio
from credit.profiling.row_sample import RowSample

_SEED = 1


class ProxySample:
    """At most `MOST_ROWS` rows, each as likely as any other; the same file gives the same ones."""

    def __init__(self, portfolio: Portfolio) -> None:
        self._features = portfolio.features
        self._coder = ProtectedCoder(portfolio.protected, portfolio.fairness)
        self._sample = RowSample(np.random.default_rng(_SEED), most=MOST_ROWS)

    def add(self, rows: TableRows) -> None:
        """Draw from a part of the table."""
        if not rows.protected:
            return
        codes = self._coder.add(rows.protected, len(rows))
        columns = [*rows.values.T, *codes.T]
        self._sample.add({str(place): pa.array(column) for place, column in enumerate(columns)})

    @property
    def notes(self) -> tuple[str, ...]:
        """What the declared groups do not fit, in sentences."""
        return self._coder.notes

    def associations(self) -> tuple[Association, ...]:
        """Of the features with the protected columns that the table has, the strongest first."""
        table = self._sample.table
        if table is None:
            return ()
        columns = [table.column(place).to_numpy() for place in range(table.num_columns)]
        values, codes = columns[: len(self._features)], columns[len(self._features) :]
        return associations(self._features, np.column_stack(values), self._coder.protected(np.column_stack(codes)))
