"""Calls answered: which thread does what, and what is audited."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from credit.scores import ScoredRows
from predictor.audited_scoring import Asked
from predictor.deployment import Deployed, Deployment
from predictor.errors import BadInputError
from predictor.feature_values import Floats
from predictor.gathering import Gathering
from predictor.infer_request import InferRequest
from predictor.inference import Answer, Outputs, outputs_of
from predictor.row_limits import RowLimits
from predictor.work import WorkThreads

T = TypeVar("T")


class Call(NamedTuple, Generic[T]):
    """One call of an inference protocol; reading and writing it takes as long as its rows."""

    request_id: str
    size: int
    """Bytes of its body, or of a JSON body that costs as much to read."""
    read: Callable[[], InferRequest]
    """What it asks for; may raise BadInputError."""
    write: Callable[[InferRequest, Answer], T]
    """Its answer in the form of its wire."""


@dataclass(frozen=True, slots=True)
class LoopLimits:
    """What is read and written in the event loop's thread; threads do what takes longer (some milliseconds)."""

    body_bytes: int = 16_384
    """Largest body that is read there: below 10 ms, whatever is in it."""
    row_steps: int = 4_096
    """Most values that are looked at one by one there to make rows: below 5 ms."""
    answer_values: int = 16_384
    """Most values that are written there."""


class Audits(Protocol):
    """Scores that leave an audit, which is committed before they are given. Awaited from the event loop."""

    async def score(self, asked: Asked) -> bytes:
        """The answer to a `/score` request, counted in the metrics.

        Raises:
            PredictorError: as its kinds say.
        """

    async def score_supplied(
        self, rows: Floats, subject_id: str, deployed: Deployed, request_id: str
    ) -> tuple[ScoredRows, str]:
        """The scores of one row float64 [1, d] of a subject, counted in the metrics, and the identifier of their audit.

        Raises:
            PredictorError: as its kinds say.
        """


class Answering:
    """Answers calls with the serving model, under the name that it has in URLs."""

    def __init__(
        self,
        deployment: Deployment,
        audits: Audits,
        gathering: Gathering,
        *,
        name: str,
        compute: WorkThreads,
        limits: LoopLimits,
        row_limits: RowLimits,
        audited_only: bool = False,
    ) -> None:
        """With `audited_only` a call that names no subject is refused: its scores would leave no audit."""
        self._deployment = deployment
        self._audits = audits
        self._gathering = gathering
        self._name = name
        self._compute = compute
        self._limits = limits
        self._row_limits = row_limits
        self._audited_only = audited_only

    async def infer(self, call: Call[T]) -> T:
        """The answer to a V1 or V2 call; one with a subject is audited first.

        Raises:
            PredictorError: as its kinds say.
        """
        deployed = self._deployment.current()
        request, rows = await self._read(call, deployed)
        if request.subject_id is not None:
            answer = await self._audited(call.request_id, request, rows, deployed)
        elif self._audited_only:
            reason = "is needed: this server gives no score that leaves no audit (--audited-only)"
            raise BadInputError("parameters.subject_id", reason)
        else:
            outputs = await self._gathering.outputs(deployed, rows, request.outputs)
            answer = self._answer(deployed, outputs)
        if sum([array.size for array in answer.outputs.values()]) <= self._limits.answer_values:
            return call.write(request, answer)
        return await self._compute.run(call.write, request, answer)

    async def score(self, body: bytes, request_id: str, idempotency_key: str | None) -> bytes:
        """The answer to a `/score` request, audited.

        Raises:
            PredictorError: as its kinds say.
        """
        await self._deployment.wanted()
        return await self._audits.score(Asked(request_id, idempotency_key, body))

    async def _read(self, call: Call[T], deployed: Deployed) -> tuple[InferRequest, Floats]:
        if call.size > self._limits.body_bytes:
            return await self._compute.run(self._request_and_rows, call, deployed)
        request = self._request(call, deployed)
        # A short body may still have many rows.
        if request.source.steps(len(deployed.feature_names)) > self._limits.row_steps:
            return request, await self._compute.run(_rows, request, deployed)
        return request, _rows(request, deployed)

    def _request_and_rows(self, call: Call[T], deployed: Deployed) -> tuple[InferRequest, Floats]:
        request = self._request(call, deployed)
        return request, _rows(request, deployed)

    def _request(self, call: Call[T], deployed: Deployed) -> InferRequest:
        request = call.read()
        self._row_limits.check(request, len(deployed.feature_names))
        return request

    async def _audited(self, request_id: str, request: InferRequest, rows: Floats, deployed: Deployed) -> Answer:
        subject = request.subject_id or ""
        scored, audit_id = await self._audits.score_supplied(rows, subject, deployed, request_id)
        return self._answer(deployed, outputs_of(scored, request.outputs), audit_id=audit_id)

    def _answer(self, deployed: Deployed, outputs: Outputs, *, audit_id: str | None = None) -> Answer:
        bundle = deployed.bundle
        scale = bundle.calibration.scale
        return Answer(self._name, bundle.model_id, deployed.feature_names, outputs, scale, audit_id=audit_id)


def _rows(request: InferRequest, deployed: Deployed) -> Floats:
    rows = request.source.rows(deployed.feature_names, deployed.codes)
    if request.subject_id is not None and len(rows) != 1:
        raise BadInputError("parameters.subject_id", f"one row is needed, not {len(rows)}: it is one subject's score")
    deployed.rules.check(rows)
    return rows
