"""Calls answered: which thread does what, what is audited, what is counted."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from credit.scores import ScoredRows
from predictor.audited_scoring import Asked
from predictor.deployment import Deployed, Deployment
from predictor.errors import BadInputError
from predictor.feature_values import Floats, check_rows
from predictor.infer_request import InferRequest
from predictor.inference import Answer, answer_of, infer
from predictor.metrics import Metrics
from predictor.work import WorkThreads

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call of an inference protocol; reading and writing it takes as long as its rows, so threads do it."""

    request_id: str
    read: Callable[[], InferRequest]
    """What it asks for; may raise BadInputError."""
    write: Callable[[InferRequest, Answer], T]
    """Its answer in the form of its wire."""


class Audits(Protocol):
    """Scores that leave an audit, which is committed before they are given. Awaited from the event loop."""

    async def score(self, asked: Asked) -> bytes:
        """The answer to a `/score` request, counted in the metrics.

        Raises:
            PredictorError: as its kinds say.
        """

    async def score_supplied(
        self, rows: Floats, subject_id: str, deployed: Deployed, request_id: str
    ) -> tuple[ScoredRows, UUID]:
        """The scores of one row float64 [1, d] of a subject, counted in the metrics, and the identifier of their audit.

        Raises:
            PredictorError: as its kinds say.
        """


class Answering:
    """Answers calls with the serving model, under the name that it has in URLs."""

    def __init__(
        self, deployment: Deployment, audits: Audits, metrics: Metrics, *, name: str, compute: WorkThreads
    ) -> None:
        self._deployment = deployment
        self._audits = audits
        self._metrics = metrics
        self._name = name
        self._compute = compute

    async def infer(self, call: Call[T]) -> T:
        """The answer to a V1 or V2 call; one with a subject is audited first.

        Raises:
            PredictorError: as its kinds say.
        """
        deployed = self._deployment.current()
        request, answer = await self._compute.run(self._read_and_answer, call, deployed)
        if answer is not None:
            return answer
        return call.write(request, await self._audited(call, request, deployed))

    async def score(self, body: bytes, request_id: str, idempotency_key: str | None) -> bytes:
        """The answer to a `/score` request, audited.

        Raises:
            PredictorError: as its kinds say.
        """
        return await self._audits.score(Asked(request_id, idempotency_key, body))

    def _read_and_answer(self, call: Call[T], deployed: Deployed) -> tuple[InferRequest, T | None]:
        request = call.read()
        if request.subject_id is not None:
            return request, None
        bundle = deployed.bundle
        rows = request.source.rows(bundle.feature_names)
        check_rows(rows, bundle.manifest.features)
        answer = infer(bundle, rows, request.outputs)
        if (probabilities := answer.outputs.get("default_probability")) is not None:
            self._metrics.scored(bundle.portfolio, bundle.model_id, probabilities.tolist(), audited=False)
        return request, call.write(request, replace(answer, model_name=self._name))

    async def _audited(self, call: Call[T], request: InferRequest, deployed: Deployed) -> Answer:
        bundle = deployed.bundle
        rows = request.source.rows(bundle.feature_names)
        if len(rows) != 1:
            raise BadInputError(
                "parameters.subject_id", f"one row is needed, not {len(rows)}: it is one subject's score"
            )
        check_rows(rows, bundle.manifest.features)
        subject = request.subject_id or ""
        scored, audit_id = await self._audits.score_supplied(rows, subject, deployed, call.request_id)
        return replace(
            answer_of(bundle, scored, request.outputs, audit_id=str(audit_id)),
            model_name=self._name,
        )
