"""A queue of requests that leave an audit: a transaction takes all that wait."""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from predictor.audit_request import AuditRequest
from predictor.composition import Audited, Outcome

Commit = Callable[[Sequence[AuditRequest]], list[Outcome]]
"""Scores requests of one model, no two of one key, and answers for their audits; what each gets, in order."""


_WORTH_ANOTHER = 20
"""Requests for which a second transaction begins beside a short one."""
_SHORT = 64
"""Rows of which a transaction is over soon."""


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A request that waits, or is being written; each is equal to itself alone."""

    request: AuditRequest
    outcome: asyncio.Future[Audited]
    """Done before it is given where the client has left."""


class Lane:
    """A queue in front of some transactions. Used from one event loop."""

    def __init__(
        self,
        commit: Commit,
        transactions: int,
        threads: ThreadPoolExecutor,
        keys: set[str],
        ended: Callable[[], None],
        *,
        most_rows: int,
    ) -> None:
        """So many transactions run at once.

        `keys` are those that any lane is writing now; `ended` is called when this one has written some.
        """
        self._commit = commit
        self._transactions = self._idle = transactions
        self._threads = threads
        self._most_rows = most_rows
        self._queue: deque[Waiting] = deque()
        self._writing: set[Waiting] = set()
        """Those that are being written, whether or not their clients have left."""
        self._written = 0
        """Rows of these."""
        self._keys = keys
        self._told = ended
        self._called = False

    @property
    def held(self) -> int:
        """Requests that wait or are being written."""
        return len(self._queue) + len(self._writing)

    @property
    def oldest_since(self) -> float:
        """When the first of them began to wait, on the monotonic clock; infinite where there is none."""
        return min((waiting.request.since for waiting in (*self._queue, *self._writing)), default=math.inf)

    async def committed(self, request: AuditRequest) -> Audited:
        """What the request gets when its group has been committed.

        Who is cancelled before a transaction has begun with the request takes it along: nothing of it is written.

        Raises:
            Exception: the request's own outcome where it is one.
        """
        loop = asyncio.get_running_loop()
        waiting = Waiting(request, loop.create_future())
        self._queue.append(waiting)
        if not self._called:
            # What arrives in the same turn of the loop goes along.
            self._called = True
            loop.call_soon(self.start)
        try:
            return await waiting.outcome
        except asyncio.CancelledError:
            with suppress(ValueError):  # it is being written
                self._queue.remove(waiting)
            raise

    def start(self) -> None:
        """Begin transactions of what waits."""
        self._called = False
        while self._idle and self._worth_it() and (group := self._taken()):
            self._idle -= 1
            self._writing.update(group)
            self._written += _rows(group)
            requests = [waiting.request for waiting in group]
            running = asyncio.get_running_loop().run_in_executor(self._threads, self._commit, requests)
            running.add_done_callback(partial(self._ended, group))

    def _worth_it(self) -> bool:
        # A transaction of few rows costs the server nearly as much as one of thirty: few wait for the one that is
        # being written, unless that is a long one.
        return not 0 < self._written <= _SHORT or len(self._queue) >= _WORTH_ANOTHER

    def _taken(self) -> list[Waiting]:
        """Who goes next: of one model, and no key twice at once, so that the second finds the first one's answer."""
        taken: list[Waiting] = []
        left: deque[Waiting] = deque()
        rows, most = 0, self._share()
        while self._queue and rows < most:
            waiting = self._queue.popleft()
            request = waiting.request
            if waiting.outcome.done():  # its client left in this turn of the loop
                continue
            if request.key in self._keys or (taken and request.deployed is not taken[0].request.deployed):
                left.append(waiting)
                continue
            if request.key is not None:
                self._keys.add(request.key)
            taken.append(waiting)
            rows += len(request.subjects)
        self._queue = left + self._queue
        return taken

    def _share(self) -> int:
        # Of all that is here an equal part for each transaction: one that took everything would leave the others
        # nothing, and the server nothing to do while it is being committed.
        here = self._written + _rows(self._queue)
        return min(self._most_rows, max(_WORTH_ANOTHER, -(-here // self._transactions)))

    def _ended(self, group: Sequence[Waiting], running: asyncio.Future[list[Outcome]]) -> None:
        self._idle += 1
        self._writing.difference_update(group)
        self._written -= _rows(group)
        self._keys.difference_update([waiting.request.key for waiting in group if waiting.request.key is not None])
        fault = running.exception()
        outcomes = [fault] * len(group) if fault is not None else running.result()
        for waiting, outcome in zip(group, outcomes, strict=True):
            if waiting.outcome.done():  # its client has left
                continue
            if isinstance(outcome, BaseException):
                waiting.outcome.set_exception(outcome)
            else:
                waiting.outcome.set_result(outcome)
        self._told()


def _rows(group: Iterable[Waiting]) -> int:
    return sum(len(waiting.request.subjects) for waiting in group)
