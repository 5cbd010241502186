"""Some rows of a table of unknown length, each as likely as any other."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

MOST_ROWS = 50_000


class RowSample:
    """Keeps at most so many rows, of a table that comes in chunks."""

    def __init__(self, rng: np.random.Generator, *, most: int) -> None:
        self._rng = rng
        self._most = most
        self._lots = np.empty(0)
        self._kept: Any = None

    def add(self, columns: Mapping[str, Any]) -> None:
        """Draw a lot for each row of Arrow columns; those with the smallest stay, in the order of the file."""
        table = pa.table(dict(columns))
        lots = self._rng.random(table.num_rows)
        if len(self._lots) == self._most:
            # Most rows of a long file are out at once.
            chosen = np.flatnonzero(lots < self._lots.max())
            table, lots = table.take(chosen), lots[chosen]
        lots = np.concatenate([self._lots, lots])
        whole = table if self._kept is None else pa.concat_tables([self._kept, table], promote_options="permissive")
        if len(lots) > self._most:
            kept = np.sort(np.argpartition(lots, self._most)[: self._most])
            whole, lots = whole.take(kept), lots[kept]
        self._kept, self._lots = whole.combine_chunks(), lots

    @property
    def table(self) -> Any:
        """The rows as an Arrow table; None where there were none."""
        return self._kept
