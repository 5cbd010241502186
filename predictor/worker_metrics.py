"""Prometheus values of several workers: each in files of its own, added up by whoever is asked for the page.

A worker that is started again goes on with its predecessor's files, so that no counter ever falls.
"""

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, values
from prometheus_client.multiprocess import MultiProcessCollector

from predictor.worker_states import WorkerPlace

_LIBRARYS_OWN = "PROMETHEUS_MULTIPROC_DIR"
"""The library reads the folder from here each time it opens a file."""


def count_in_files(place: WorkerPlace) -> None:
    """From now on metrics of this process are kept in files; to be called before the first is made."""
    _folder(place).mkdir(exist_ok=True)
    os.environ[_LIBRARYS_OWN] = str(_folder(place))
    values.ValueClass = values.MultiProcessValue(lambda: place.number)  # type: ignore[no-untyped-call]


def added_up(place: WorkerPlace) -> CollectorRegistry:
    """The metrics of all workers."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(_folder(place)))  # type: ignore[no-untyped-call]
    return registry


def forget_gauges(place: WorkerPlace) -> None:
    """A worker has ended: what it was doing is done no more; what it has counted stays."""
    for path in _folder(place).glob(f"gauge_live*_{place.number}.db"):
        path.unlink(missing_ok=True)


def _folder(place: WorkerPlace) -> Path:
    return place.directory / "metrics"
