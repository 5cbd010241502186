"""Making the next item while the last one is used."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")

_END = object()


def one_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The items in order, each made in a thread while the one before it is used; an error is raised in its place."""
    iterator = iter(items)
    with ThreadPoolExecutor(max_workers=1) as maker:
        coming = maker.submit(next, iterator, _END)
        while (item := coming.result()) is not _END:
            coming = maker.submit(next, iterator, _END)
            yield item  # type: ignore[misc]  # everything but the end is an item
