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

_PROBABILITY = "default_probability"
_COUNTED = frozenset({_PROBABILITY})
"""Outputs that are computed whether or not anyone wants them."""


class EngineFaultError(Exception):
    """Rows that were good could not be scored: a fault of ours, and of no request's."""


@dataclass(frozen=True, slots=True)
class GatheringLimits:
    """When what has gathered is scored, and where."""

    seconds: float = 0.0
    """Longest wait for others to come; 0: those that came in the same turn of the event loop, or in the next."""
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
    wanted: tuple[str, ...]
    answered: asyncio.Future[Outputs]


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

    async def outputs(self, deployed: Deployed, rows: Floats, wanted: tuple[str, ...]) -> Outputs:
        """The wanted outputs of checked rows float64 [n, d].

        Raises:
            UnavailableError: where too many calls wait already.
            EngineFaultError: where anything else failed.
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
            self._timer = loop.call_later(seconds, self._score_gathered) if seconds else loop.call_soon(self._wait_turn)

    def _wait_turn(self) -> None:
        """Wait a turn of the event loop more, in which come those whose bytes came while the first were read.

        Of 16 clients who each wait for an answer, 10 come together then instead of 6, and a request costs a tenth less
        or more; one who is alone waits some 5 us longer.
        """
        self._timer = asyncio.get_running_loop().call_soon(self._score_gathered)

    def _score_gathered(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        gathered, self._gathered, self._rows = _staying(self._gathered), [], 0
        try:
            for depth, calls in _alike(gathered):
                self._score(calls, depth)
        except BaseException as error:  # noqa: BLE001 - whatever it is, who waits must hear of it
            _fail(gathered, error)

    def _score(self, calls: Sequence[_Waiting], depth: Depth) -> None:
        try:
            cost, most = calls[0].deployed.pace[depth], self._limits.loop_seconds
            if cost.of(_rows_of(calls)) <= most:
                self._give(calls, self._outputs(calls))
                return
            # A short one would wait for a thread together with a long one, and behind all that is there already.
            for some in _apart(calls, cost, most):
                if cost.of(_rows_of(some)) <= most:
                    self._give(some, self._outputs(some))
                else:
                    self._start_jobs(some, cost)
        except BaseException as error:  # noqa: BLE001 - as above, and calls beside these are good
            _fail(calls, error)

    def _start_jobs(self, calls: Sequence[_Waiting], cost: Cost) -> None:
        for job in jobs_of([cost.of(len(call.rows)) for call in calls], self._limits.job_seconds):
            task = asyncio.ensure_future(self._in_thread(calls[job]))
            self._jobs.add(task)
            task.add_done_callback(self._jobs.discard)

    async def _in_thread(self, calls: Sequence[_Waiting]) -> None:
        try:
            self._give(*await self._compute.run(self._of_staying, calls))
        except BaseException as error:  # noqa: BLE001 - as above
            _fail(calls, error)

    def _of_staying(self, calls: Sequence[_Waiting]) -> tuple[Sequence[_Waiting], Outputs]:
        """The calls that are waited for when the thread comes to them, and their outputs."""
        staying = _staying(calls)
        return staying, self._outputs(staying) if staying else {}

    def _outputs(self, calls: Sequence[_Waiting]) -> Outputs:
        """Of all rows, what any of the calls wants; counted, which takes longer than to score where rows are many."""
        deployed = calls[0].deployed
        rows = calls[0].rows if len(calls) == 1 else np.concatenate([call.rows for call in calls])
        given = infer(deployed.bundle, rows, _COUNTED.union(*[call.wanted for call in calls]))
        portfolio = deployed.bundle.portfolio
        self._metrics.scored(portfolio, deployed.bundle.model_id, given[_PROBABILITY], audited=False)
        self._metrics.missing(portfolio, deployed.feature_names, np.isnan(rows))
        return given

    def _give(self, calls: Sequence[_Waiting], given: Outputs) -> None:
        ends = list(accumulate([len(call.rows) for call in calls]))
        if ends:
            self._metrics.gathered(ends[-1])
        for call, end in zip(calls, ends, strict=True):
            if not call.answered.done():
                begin = end - len(call.rows)
                call.answered.set_result({name: given[name][begin:end] for name in call.wanted})


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


def _rows_of(calls: Sequence[_Waiting]) -> int:
    return sum([len(call.rows) for call in calls])


def _staying(calls: Sequence[_Waiting]) -> list[_Waiting]:
    """Without those whose client has left, or whose time is over: of gRPC, whose calls end with them."""
    return [call for call in calls if not call.answered.done()]


def _alike(calls: Sequence[_Waiting]) -> list[tuple[Depth, list[_Waiting]]]:
    """Calls on one model whose outputs need the same, so that none waits for work that it did not ask for."""
    groups: dict[tuple[int, Depth], list[_Waiting]] = {}
    for call in calls:
        groups.setdefault((id(call.deployed), depth_of(call.wanted)), []).append(call)
    return [(depth, group) for (_, depth), group in groups.items()]


def _apart(calls: Sequence[_Waiting], cost: Cost, most: float) -> list[Sequence[_Waiting]]:
    """Calls that each take longer than `most` seconds apart from the others, which come first."""
    if len(calls) == 1:
        return [calls]
    groups: tuple[list[_Waiting], list[_Waiting]] = ([], [])
    for call in calls:
        groups[cost.of(len(call.rows)) > most].append(call)
    return [group for group in groups if group]


def _fail(calls: Sequence[_Waiting], error: BaseException) -> None:
    """Tell the calls that have no answer yet; what ends the server goes on its way."""
    for call in calls:
        if not call.answered.done():
            call.answered.set_exception(error if isinstance(error, PredictorError) else _fault(calls, error))
    if not isinstance(error, Exception):
        raise error


def _fault(calls: Sequence[_Waiting], error: BaseException) -> EngineFaultError:
    # One of its own for each: a traceback grows where it is raised.
    rows = sum(len(call.rows) for call in calls)
    fault = EngineFaultError(f"scoring failed on {rows} rows of {len(calls)} calls")
    fault.__cause__ = error
    return fault
