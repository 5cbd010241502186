"""Threads for what would block the event loop: the model, and the database."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from predictor.errors import UnavailableError

P = ParamSpec("P")
T = TypeVar("T")


class WorkThreads:
    """Some threads with a bound on what may wait for them. Used from one event loop."""

    def __init__(self, name: str, *, threads: int, waiting: int) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"blink-{name}")
        self._waiting = waiting
        self._taken = 0

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, computed in one of the threads.

        Raises:
            UnavailableError: where too many calls run or wait already.
        """
        if self._taken >= self._waiting:
            raise UnavailableError(f"overloaded: {self._taken} requests run or wait for the {self._name} already")
        self._taken += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: function(*args, **kwargs))
        finally:
            self._taken -= 1

    def close(self) -> None:
        """Let running calls end and take no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)
