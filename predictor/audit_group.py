"""Requests that leave an audit wait here; whatever waits together is committed together."""

import asyncio
import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import monotonic

from credit.scores import ScoredRows
from predictor.audit_lane import Commit, Lane
from predictor.audit_request import Asked, AuditRequest, asked_for, supplied_for
from predictor.composition import Audited
from predictor.deployment import Deployed, Deployment
from predictor.errors import UnavailableError
from predictor.feature_values import Floats
from predictor.score_request import ScoreWish, parse_score_wish

_SMALL_BODY = 16 * 1024
"""Bytes of a body that is read in the event loop; reading a larger one would hold the others up."""
_READERS = 2
"""Threads that read larger ones."""


class AuditGroup:
    """`predictor.answering.Audits` by group commit. Used from one event loop; transactions run in their own threads.

    Requests whose features are to be computed have transactions of their own: they take milliseconds each, and would
    hold the others up.
    """

    def __init__(
        self,
        commit: Commit,
        deployment: Deployment,
        *,
        transactions: int,
        computing_transactions: int,
        most_rows: int,
        most_subjects: int,
        waiting: int,
    ) -> None:
        """So many transactions run at once, each of at most about `most_rows` rows.

        Beyond `waiting` requests, those included whose bodies are being read, further ones are told to come later.
        """
        self._deployment = deployment
        self._most_subjects = most_subjects
        self._waiting = waiting
        self._reading: dict[object, float] = {}
        """Since when bodies are being read beside the event loop, on the monotonic clock, the first of them first."""
        self._threads = ThreadPoolExecutor(transactions + computing_transactions, thread_name_prefix="blink-audits")
        # Not those of the transactions, which may all be waiting for the database.
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="blink-bodies")
        keys: set[str] = set()
        self._lanes = [
            Lane(commit, at_once, self._threads, keys, self._start_lanes, most_rows=most_rows)
            for at_once in (transactions, computing_transactions)
        ]

    async def score(self, asked: Asked) -> bytes:
        """The answer to a `/score` request.

        Raises:
            BadInputError: where its body is wrong.
            UnknownSubjectError: where a subject whose features are to be computed has no history.
            KeyConflictError: where the key came with another body.
            UnavailableError: where nothing can be audited now, or too many wait.
        """
        self._check_room()
        wish = await self._read(asked.body)
        return (await self._committed(asked_for(wish, asked, self._deployment.current()))).answer

    async def score_supplied(
        self, rows: Floats, subject_id: str, deployed: Deployed, request_id: str
    ) -> tuple[ScoredRows, str]:
        """The scores of one row [1, d] of a subject that a client supplied, with the identifier of their audit.

        Raises:
            BadInputError: where the row does not fit the model, or holds an infinity.
            UnavailableError: where nothing can be audited now, or too many wait.
        """
        self._check_room()
        audited = await self._committed(supplied_for(rows, subject_id, deployed, request_id))
        assert audited.rows is not None  # noqa: S101 - only a key can have an answer from before
        return audited.rows, audited.audit_ids[0]

    @property
    def held(self) -> int:
        """Requests that are being read, wait, or are being written."""
        return len(self._reading) + sum(lane.held for lane in self._lanes)

    @property
    def oldest_seconds(self) -> float:
        """How long the first of them has waited; 0 where there is none."""
        since = min(next(iter(self._reading.values()), math.inf), *[lane.oldest_since for lane in self._lanes])
        return max(0.0, monotonic() - since)

    def close(self) -> None:
        """Let running transactions end; nothing waits any more when the protocols have ended."""
        self._readers.shutdown(wait=True)
        self._threads.shutdown(wait=True)

    async def _read(self, body: bytes) -> ScoreWish:
        read = partial(parse_score_wish, body, most=self._most_subjects)
        if len(body) <= _SMALL_BODY:
            return read()
        place = object()
        self._reading[place] = monotonic()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, read)
        finally:
            del self._reading[place]

    async def _committed(self, request: AuditRequest) -> Audited:
        return await self._lanes[int(request.computed)].committed(request)

    def _check_room(self) -> None:
        if (held := self.held) >= self._waiting:
            raise UnavailableError(f"overloaded: {held} requests wait for their audits already")

    def _start_lanes(self) -> None:
        # Any of them may have waited for a key that is free now.
        for lane in self._lanes:
            lane.start()
