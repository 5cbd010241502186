"""Rows of calls that arrive together are scored together."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from predictor.deployment import Deployed
from predictor.errors import PredictorError, UnavailableError
from predictor.feature_values import Floats
from predictor.inference import Depth, Outputs, depth_of, infer
from predictor.metrics import Metrics
from predictor.pace import Cost
from predictor.work import WorkThreads

_COUNTED = "default_probability"


class EngineFaultError(Exception):
    """The engine failed on rows that were good: a fault of ours, and of no request's."""


@dataclass(frozen=True, slots=True)
class GatheringLimits:
    """When what has gathered is scored, and where."""

    seconds: float = 0.0
    """Longest wait for others to come; 0: those that came in the same turn of the event loop."""
    rows: int = 1024
    """So many rows wait for no others."""
    waiting: int = 256
    """Calls that may wait for their scores; further ones are told to come later."""
    loop_seconds: float = 0.002
    """Work that takes no longer is done in the event loop's thread, where it costs no change of threads."""
    job_seconds: float = 0.02
    """Longer work is cut into jobs of about this, so that every thread has some; a call's rows stay together."""


@dataclass(slots=True)
class _Waiting:
    """One call's rows."""

    deployed: Deployed
    rows: Floats
    wanted: Sequence[str]
    answered: asyncio.Future[Outputs]


@dataclass(frozen=True, slots=True)
class _Batch:
    """Calls on one model that are scored together."""

    calls: Sequence[_Waiting]
    rows: Floats

    @classmethod
    def of(cls, calls: Sequence[_Waiting]) -> "_Batch":
        return cls(calls, calls[0].rows if len(calls) == 1 else np.concatenate([call.rows for call in calls]))

    @property
    def deployed(self) -> Deployed:
        return self.calls[0].deployed

    def outputs_or_fault(self) -> Outputs | EngineFaultError:
        """Of all rows, what any of the calls wants."""
        try:
            return infer(self.deployed.bundle, self.rows, {_COUNTED}.union(*(call.wanted for call in self.calls)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no fault of the rows, and each call must hear of it
            fault = EngineFaultError(f"the engine failed on {len(self.rows)} rows of {len(self.calls)} calls")
            fault.__cause__ = error
            return fault


class Gathering:
    """Scores what has gathered, for one event loop. A call's outputs are the same whoever came with it."""

    def __init__(self, compute: WorkThreads, metrics: Metrics, limits: GatheringLimits) -> None:
        self._compute = compute
        self._metrics = metrics
        self._limits = limits
        self._gathered: list[_Waiting] = []
        self._rows = 0
        self._waiting = 0
        self._timer: asyncio.Handle | None = None
        self._jobs: set[asyncio.Task[None]] = set()
        metrics.watch_queue("model", lambda: self._waiting)

    async def outputs(self, deployed: Deployed, rows: Floats, wanted: Sequence[str]) -> Outputs:
        """The wanted outputs of checked rows float64 [n, d].

        Raises:
            UnavailableError: where too many calls wait already.
            EngineFaultError: where the engine failed.
        """
        if self._waiting >= self._limits.waiting:
            raise UnavailableError(f"overloaded: {self._waiting} requests run or wait for the model already")
        answered: asyncio.Future[Outputs] = asyncio.get_running_loop().create_future()
        self._waiting += 1
        try:
            self._add(_Waiting(deployed, rows, wanted, answered))
            return await answered
        finally:
            self._waiting -= 1

    def _add(self, call: _Waiting) -> None:
        self._gathered.append(call)
        self._rows += len(call.rows)
        if self._rows >= self._limits.rows:
            self._score_gathered()
        elif self._timer is None:
            loop, seconds = asyncio.get_running_loop(), self._limits.seconds
            self._timer = (
                loop.call_later(seconds, self._score_gathered) if seconds else loop.call_soon(self._score_gathered)
            )

    def _score_gathered(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        gathered, self._gathered, self._rows = self._gathered, [], 0
        for depth, calls in _alike(gathered):
            cost = calls[0].deployed.pace[depth]
            if cost.of(sum(len(call.rows) for call in calls)) <= self._limits.loop_seconds:
                batch = _Batch.of(calls)
                self._give(batch, batch.outputs_or_fault())
            else:
                self._start_jobs(calls, cost)

    def _start_jobs(self, calls: Sequence[_Waiting], cost: Cost) -> None:
        for job in jobs_of([cost.of(len(call.rows)) for call in calls], self._limits.job_seconds):
            task = asyncio.ensure_future(self._in_thread(_Batch.of(calls[job])))
            self._jobs.add(task)
            task.add_done_callback(self._jobs.discard)

    async def _in_thread(self, batch: _Batch) -> None:
        given: Outputs | PredictorError | EngineFaultError
        try:
            given = await self._compute.run(batch.outputs_or_fault)
        except UnavailableError as error:
            given = error
        self._give(batch, given)

    def _give(self, batch: _Batch, given: Outputs | PredictorError | EngineFaultError) -> None:
        if isinstance(given, Exception):
            for call in batch.calls:
                _fail(call, given)
            return
        self._count(batch, given)
        ends = accumulate(len(call.rows) for call in batch.calls)
        for call, end in zip(batch.calls, ends, strict=True):
            if not call.answered.done():
                begin = end - len(call.rows)
                call.answered.set_result({name: given[name][begin:end] for name in call.wanted})

    def _count(self, batch: _Batch, given: Outputs) -> None:
        deployed, portfolio = batch.deployed, batch.deployed.bundle.portfolio
        self._metrics.gathered(len(batch.rows))
        self._metrics.scored(portfolio, deployed.bundle.model_id, given[_COUNTED].tolist(), audited=False)
        self._metrics.missing(portfolio, deployed.feature_names, np.isnan(batch.rows))


def jobs_of(seconds: Sequence[float], most: float) -> Iterator[slice]:
    """Slices of consecutive calls that take about `most` seconds together, or one call alone."""
    begin, taken = 0, 0.0
    for index, each in enumerate(seconds):
        if index > begin and taken + each > most:
            yield slice(begin, index)
            begin, taken = index, 0.0
        taken += each
    if begin < len(seconds):
        yield slice(begin, len(seconds))


def _alike(calls: Sequence[_Waiting]) -> list[tuple[Depth, list[_Waiting]]]:
    """Calls on one model whose outputs need the same, so that none waits for work that it did not ask for."""
    groups: dict[tuple[int, Depth], list[_Waiting]] = {}
    for call in calls:
        groups.setdefault((id(call.deployed), depth_of(call.wanted)), []).append(call)
    return [(depth, group) for (_, depth), group in groups.items()]


def _fail(call: _Waiting, error: Exception) -> None:
    if call.answered.done():
        return
    if isinstance(error, PredictorError):
        call.answered.set_exception(error)
        return
    # One of its own for each: a traceback grows where it is raised.
    own = EngineFaultError(str(error))
    own.__cause__ = error.__cause__
    call.answered.set_exception(own)
