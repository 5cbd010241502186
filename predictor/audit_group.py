"""Requests that leave an audit wait here; whatever waits together is committed together."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from credit.scores import ScoredRows
from predictor.audit_request import Asked, AuditRequest, asked_for, supplied_for
from predictor.audited_scoring import Audited, AuditedScoring, Outcome
from predictor.deployment import Deployed, Deployment
from predictor.errors import UnavailableError
from predictor.feature_values import Floats
from predictor.score_request import ScoreWish, parse_score_wish

_log = logging.getLogger(__name__)

_SMALL_BODY = 16 * 1024
"""Bytes of a body that is read in the event loop; reading a larger one would hold the others up."""

Commit = Callable[[Sequence[AuditRequest], str], list[Outcome]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    request: AuditRequest
    outcome: asyncio.Future[Audited]


class AuditGroup:
    """`predictor.answering.Audits` by group commit. Used from one event loop; transactions run in their own threads.

    Requests whose features are to be computed have writers of their own: they take milliseconds each, and would hold
    the others up.
    """

    def __init__(
        self,
        scoring: AuditedScoring,
        deployment: Deployment,
        *,
        writers: Sequence[str],
        computing_writers: Sequence[str],
        most_rows: int,
        most_subjects: int,
        waiting: int,
    ) -> None:
        """As many transactions run at once as there are writers, each of at most about `most_rows` rows.

        Beyond `waiting` requests further ones are told to come later.
        """
        self._deployment = deployment
        self._most_subjects = most_subjects
        self._waiting = waiting
        self._held = 0
        self._threads = ThreadPoolExecutor(len(writers) + len(computing_writers), thread_name_prefix="blink-audits")
        self._supplied = _Lane(scoring.score, writers, self._threads, most_rows=most_rows)
        self._computed = _Lane(scoring.score, computing_writers, self._threads, most_rows=most_rows)

    async def score(self, asked: Asked) -> bytes:
        """The answer to a `/score` request.

        Raises:
            BadInputError: where its body is wrong.
            UnknownSubjectError: where a subject whose features are to be computed has no history.
            KeyConflictError: where the key came with another body.
            UnavailableError: where nothing can be audited now, or too many wait.
        """
        wish = await self._read(asked.body)
        return (await self._committed(asked_for(wish, asked, self._deployment.current()))).answer

    async def score_supplied(
        self, rows: Floats, subject_id: str, deployed: Deployed, request_id: str
    ) -> tuple[ScoredRows, UUID]:
        """The scores of one row [1, d] of a subject that a client supplied, with the identifier of their audit.

        Raises:
            BadInputError: where the row does not fit the model, or holds an infinity.
            UnavailableError: where nothing can be audited now, or too many wait.
        """
        audited = await self._committed(supplied_for(rows, subject_id, deployed, request_id))
        assert audited.rows is not None  # noqa: S101 - only a key can have an answer from before
        return audited.rows, audited.audit_ids[0]

    def close(self) -> None:
        """Let running transactions end; nothing waits any more when the protocols have ended."""
        self._threads.shutdown(wait=True)

    async def _read(self, body: bytes) -> ScoreWish:
        read = partial(parse_score_wish, body, most=self._most_subjects)
        if len(body) <= _SMALL_BODY:
            return read()
        return await asyncio.get_running_loop().run_in_executor(self._threads, read)

    async def _committed(self, request: AuditRequest) -> Audited:
        if self._held >= self._waiting:
            raise UnavailableError(f"overloaded: {self._held} requests wait for their audits already")
        self._held += 1
        try:
            lane = self._computed if request.computed else self._supplied
            return await lane.committed(request)
        finally:
            self._held -= 1


class _Lane:
    """A queue in front of some writers."""

    def __init__(self, commit: Commit, writers: Sequence[str], threads: ThreadPoolExecutor, *, most_rows: int) -> None:
        self._commit = commit
        self._idle = list(writers)
        self._threads = threads
        self._most_rows = most_rows
        self._queue: deque[_Waiting] = deque()
        self._keys: set[str] = set()
        self._called = False

    async def committed(self, request: AuditRequest) -> Audited:
        loop = asyncio.get_running_loop()
        waiting = _Waiting(request, loop.create_future())
        self._queue.append(waiting)
        if not self._called:
            # What arrives in the same turn of the loop goes along.
            self._called = True
            loop.call_soon(self._start)
        return await waiting.outcome

    def _start(self) -> None:
        self._called = False
        while self._idle and (group := self._taken()):
            writer = self._idle.pop()
            requests = [waiting.request for waiting in group]
            running = asyncio.get_running_loop().run_in_executor(self._threads, self._commit, requests, writer)
            running.add_done_callback(partial(self._ended, group, writer))

    def _taken(self) -> list[_Waiting]:
        """Who goes next: of one model, and no key twice at once, so that the second finds the first one's answer."""
        taken: list[_Waiting] = []
        left: deque[_Waiting] = deque()
        rows = 0
        while self._queue and rows < self._most_rows:
            waiting = self._queue.popleft()
            request = waiting.request
            if request.key in self._keys or (taken and request.deployed is not taken[0].request.deployed):
                left.append(waiting)
                continue
            if request.key is not None:
                self._keys.add(request.key)
            taken.append(waiting)
            rows += len(request.subjects)
        self._queue = left + self._queue
        return taken

    def _ended(self, group: Sequence[_Waiting], writer: str, running: asyncio.Future[list[Outcome]]) -> None:
        self._idle.append(writer)
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
        self._start()
