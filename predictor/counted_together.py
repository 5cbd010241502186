"""What is counted for each request is kept for a moment, and counted together: one by one costs as much as a score."""

import logging
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
from prometheus_client import Histogram

K = TypeVar("K")
V = TypeVar("V")

_log = logging.getLogger(__name__)

_MOST_KEPT = 1024
"""Values of one key."""


class Kept(Generic[K, V]):
    """Values by their key, until they are counted. Used from any thread."""

    def __init__(self, count: Callable[[K, Sequence[V]], None]) -> None:
        """`count` is given all values of a key that were kept."""
        self._count = count
        self._values: dict[K, list[V]] = {}
        self._lock = Lock()

    def keep(self, key: K, value: V) -> None:
        """Keep a value; where many are kept, all are counted."""
        with self._lock:
            values = self._values.get(key)
            if values is None:
                values = self._values[key] = []
            values.append(value)
        if len(values) >= _MOST_KEPT:
            try:
                self.settle()
            except Exception:  # noqa: BLE001 - logged; whoever brings a value has nothing to do with that
                _log.exception("what was kept could not be counted")

    def settle(self) -> None:
        """Count what is kept. Where counting fails, what was not tried yet stays."""
        with self._lock:
            kept, self._values = self._values, {}
        try:
            while kept:
                key = next(iter(kept))  # in the order in which they came
                self._count(key, kept.pop(key))
        finally:
            with self._lock:
                for key, values in kept.items():
                    self._values.setdefault(key, []).extend(values)


class BulkHistogram(Histogram):
    """A histogram of Prometheus' that also takes many values in one step."""

    def observe_all(self, amounts: npt.ArrayLike) -> None:
        """As `observe` of each of the amounts, float64 [n]."""
        self._sum.inc(float(np.sum(amounts)))
        # As `observe` has it: the first bucket whose bound is not below; NaN is in none.
        buckets = np.bincount(np.searchsorted(self._upper_bounds, amounts), minlength=len(self._buckets))
        for bucket, count in zip(self._buckets, buckets.tolist(), strict=False):
            if count:
                bucket.inc(count)
