"""Calls answered: which thread does what, what is audited, what is counted."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from predictor.audit_group import AuditGroup
from predictor.audit_request import Asked
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


class Answering:
    """Answers calls with the serving model, under the name that it has in URLs."""

    def __init__(
        self,
        deployment: Deployment,
        audited: AuditGroup,
        metrics: Metrics,
        *,
        name: str,
        compute: WorkThreads,
    ) -> None:
        self._deployment = deployment
        self._audited = audited
        self._metrics = metrics
        self._name = name
        self._compute = compute

    async def infer(self, call: Call[T]) -> T:
        """The answer to a V1 or V2 call; one with a subject is audited first.

        Raises:
            PredictorError: as its kinds say.
        """
        deployed = self._deployment.current()
        request, rows, answer = await self._compute.run(self._read_and_answer, call, deployed)
        if answer is not None:
            return answer
        scored, audit_id = await self._audited.score_supplied(rows, request.subject_id or "", deployed, call.request_id)
        audited = answer_of(deployed.bundle, scored, request.outputs, audit_id=str(audit_id))
        return call.write(request, replace(audited, model_name=self._name))

    async def score(self, body: bytes, request_id: str, idempotency_key: str | None) -> bytes:
        """The answer to a `/score` request, audited.

        Raises:
            PredictorError: as its kinds say.
        """
        return await self._audited.score(Asked(request_id, idempotency_key, body))

    def _read_and_answer(self, call: Call[T], deployed: Deployed) -> tuple[InferRequest, Floats, T | None]:
        """The request with its rows, and its answer unless that must be audited first."""
        request = call.read()
        bundle = deployed.bundle
        rows = request.source.rows(bundle.feature_names)
        if request.subject_id is not None and len(rows) != 1:
            raise BadInputError(
                "parameters.subject_id", f"one row is needed, not {len(rows)}: it is one subject's score"
            )
        check_rows(rows, bundle.manifest.features)
        if request.subject_id is not None:
            return request, rows, None
        answer = infer(bundle, rows, request.outputs)
        if (probabilities := answer.outputs.get("default_probability")) is not None:
            self._metrics.scored(bundle.portfolio, bundle.model_id, probabilities.tolist(), audited=False)
        return request, rows, call.write(request, replace(answer, model_name=self._name))
